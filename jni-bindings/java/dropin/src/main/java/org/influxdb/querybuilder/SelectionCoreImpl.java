package org.influxdb.querybuilder;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.influxdb.querybuilder.clauses.OperationClause;
import org.influxdb.querybuilder.clauses.SelectRegexClause;
import org.influxdb.querybuilder.clauses.SimpleClause;

/** What a query selects, and where the result goes. */
class SelectionCoreImpl implements Selection, WithInto {

    /** What is selected, but for what was selected last and may still be named. */
    protected List<Object> columns = new ArrayList<>();
    /** Whether every value counts once. */
    protected boolean isDistinct;

    private String into;
    /** What was selected last, while it can be named or made distinct. */
    private Object last;

    SelectionCoreImpl(final Object... columns) {
        for (Object column : columns) {
            select(column);
        }
    }

    /** The columns as a query takes them: from here on none can be named. */
    List<Object> columns() {
        clearSelection();
        return List.copyOf(columns);
    }

    String into() {
        return into;
    }

    private SelectionCoreImpl select(final Object column) {
        clearSelection();
        last = column;
        return this;
    }

    /**
     * Ends the naming of what was selected last.
     *
     * @return this selection
     */
    protected SelectionCoreImpl clearSelection() {
        if (last != null) {
            columns.add(last);
            last = null;
        }
        return this;
    }

    private void checkSelected() {
        if (last == null) {
            throw new IllegalStateException("You need to select a column prior to calling distinct");
        }
    }

    private void checkNothingSelected() {
        if (last != null || !columns.isEmpty()) {
            throw new IllegalStateException("Can't select all columns over columns selected previously");
        }
    }

    @Override
    public Selection distinct() {
        checkSelected();
        isDistinct = true;
        return clearSelection();
    }

    @Override
    public Selection as(final String aliasName) {
        checkSelected();
        last = new Alias(last, aliasName);
        return clearSelection();
    }

    @Override
    public SelectionCoreImpl all() {
        if (isDistinct) {
            throw new IllegalStateException("DISTINCT function can only be used with one column");
        }
        checkNothingSelected();
        return this;
    }

    @Override
    public SelectionCoreImpl countAll() {
        checkNothingSelected();
        // Nothing can stand beside it: the list takes no more.
        columns = Collections.singletonList(new Function(Aggregations.COUNT, new RawText("*")));
        return this;
    }

    @Override
    public SelectionCoreImpl column(final String name) {
        return select(name);
    }

    @Override
    public SelectionCoreImpl regex(final String clause) {
        return select(new SelectRegexClause(clause));
    }

    @Override
    public SelectionCoreImpl function(final String name, final Object... parameters) {
        return select(FunctionFactory.function(name, parameters));
    }

    @Override
    public SelectionCoreImpl raw(final String text) {
        return select(new RawText(text));
    }

    @Override
    public SelectionCoreImpl count(final Object column) {
        return select(FunctionFactory.count(column));
    }

    @Override
    public SelectionCoreImpl max(final Object column) {
        return select(FunctionFactory.max(column));
    }

    @Override
    public SelectionCoreImpl min(final Object column) {
        return select(FunctionFactory.min(column));
    }

    @Override
    public SelectionCoreImpl sum(final Object column) {
        return select(FunctionFactory.sum(column));
    }

    @Override
    public SelectionCoreImpl mean(final Object column) {
        return select(FunctionFactory.mean(column));
    }

    @Override
    public SelectionCoreImpl into(final String measurement) {
        into = measurement;
        return this;
    }

    @Override
    public Selection op(final OperationClause operationClause) {
        return select(operationClause);
    }

    @Override
    public Selection op(final Object arg1, final String op, final Object arg2) {
        return select(new OperationClause(arg1, op, arg2));
    }

    @Override
    public Selection cop(final SimpleClause simpleClause) {
        return select(simpleClause);
    }

    @Override
    public Selection cop(final String column, final String op, final Object arg2) {
        return select(new SimpleClause(column, op, arg2));
    }
}
