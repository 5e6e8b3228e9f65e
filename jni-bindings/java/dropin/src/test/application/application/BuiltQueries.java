package application;

import static org.influxdb.querybuilder.BuiltQuery.QueryBuilder.select;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.influxdb.querybuilder.Alias;
import org.influxdb.querybuilder.Appendable;
import org.influxdb.querybuilder.Appender;
import org.influxdb.querybuilder.BuiltQuery;
import org.influxdb.querybuilder.BuiltQuery.QueryBuilder;
import org.influxdb.querybuilder.Function;
import org.influxdb.querybuilder.FunctionFactory;
import org.influxdb.querybuilder.RawText;
import org.influxdb.querybuilder.Select;
import org.influxdb.querybuilder.SelectQueryImpl;
import org.influxdb.querybuilder.SelectSubQueryImpl;
import org.influxdb.querybuilder.SelectionQueryImpl;
import org.influxdb.querybuilder.SelectionSubQueryImpl;
import org.influxdb.querybuilder.WhereNested;
import org.influxdb.querybuilder.WhereQueryImpl;
import org.influxdb.querybuilder.WhereSubQueryImpl;
import org.influxdb.querybuilder.WithSubquery;
import org.influxdb.querybuilder.clauses.AddRelativeTimeClause;
import org.influxdb.querybuilder.clauses.AndConjunction;
import org.influxdb.querybuilder.clauses.Clause;
import org.influxdb.querybuilder.clauses.ConjunctionClause;
import org.influxdb.querybuilder.clauses.ContainsClause;
import org.influxdb.querybuilder.clauses.MultipleFromClause;
import org.influxdb.querybuilder.clauses.NestedClause;
import org.influxdb.querybuilder.clauses.OrConjunction;
import org.influxdb.querybuilder.clauses.RawFromClause;
import org.influxdb.querybuilder.clauses.RawTextClause;
import org.influxdb.querybuilder.clauses.SelectRegexClause;
import org.influxdb.querybuilder.clauses.SimpleFromClause;
import org.influxdb.querybuilder.clauses.SubQueryFromClause;
import org.influxdb.querybuilder.time.DurationLiteral;
import org.influxdb.querybuilder.time.TimeInterval;

/** Builds queries at random. What is given is the seed of each: the choices follow from it. */
@SuppressWarnings({"rawtypes", "unchecked"})
public final class BuiltQueries {

    private Trace trace;

    private BuiltQueries(final Trace trace) {
        this.trace = trace;
    }

    public static List<String> run(final long seed, final int count) {
        Trace all = new Trace(seed);
        BuiltQueries queries = new BuiltQueries(all);
        queries.fixedCases();
        for (int i = 0; i < count; i++) {
            long each = all.random().nextLong();
            all.step("query " + each, () -> {
                queries.trace = new Trace(each);
                return queries.query().getCommand();
            });
            all.step("encoded query " + each, () -> {
                queries.trace = new Trace(each);
                BuiltQuery query = queries.query();
                return query.getCommandWithUrlEncoded() + query.getDatabase() + query.buildQueryString()
                        + query.buildQueryString(new StringBuilder("before "));
            });
            all.step("condition " + each, () -> {
                queries.trace = new Trace(each);
                return text(queries.clause(3));
            });
            all.step("value " + each, () -> {
                queries.trace = new Trace(each);
                Object value = queries.value(2);
                return value instanceof Alias ? "" : Appender.appendValue(value, new StringBuilder()).toString();
            });
            all.step("name " + each, () -> {
                queries.trace = new Trace(each);
                return Appender.appendName(queries.value(2), new StringBuilder()).toString();
            });
        }
        return all.steps();
    }

    private static String text(final Appendable appendable) {
        StringBuilder text = new StringBuilder();
        appendable.appendTo(text);
        return text.toString();
    }

    private TimeInterval interval() {
        return new TimeInterval((long) trace.random().nextInt(100), trace.pick(DurationLiteral.DAY,
                DurationLiteral.HOUR,
                DurationLiteral.MICROSECONDS, DurationLiteral.MILLISECONDS, DurationLiteral.MINUTE,
                DurationLiteral.NANOSECONDS, DurationLiteral.SECOND, DurationLiteral.WEEK));
    }

    private Object function(final int depth) {
        switch (trace.random().nextInt(8)) {
            case 0:
                return QueryBuilder.max(value(depth - 1));
            case 1:
                return QueryBuilder.min(value(depth - 1));
            case 2:
                return FunctionFactory.count(value(depth - 1));
            case 3:
                return FunctionFactory.sum(value(depth - 1));
            case 4:
                return FunctionFactory.mean(value(depth - 1));
            case 5:
                return QueryBuilder.now();
            case 6:
                return trace.chance(50)
                        ? QueryBuilder.time(5L, DurationLiteral.DAY)
                        : QueryBuilder.time(5L, DurationLiteral.DAY, 2L, DurationLiteral.HOUR);
            default:
                return FunctionFactory.function(trace.text(), value(depth - 1), trace.text(), 1.5);
        }
    }

    private Object value(final int depth) {
        int kinds = depth <= 0 ? 10 : 17;
        switch (trace.random().nextInt(kinds)) {
            case 0:
            case 1:
            case 2:
                return trace.text();
            case 3:
                return trace.random().nextInt();
            case 4:
                return trace.random().nextDouble();
            case 5:
                return trace.pick(1L, 1.5f, 'c', true, null, new BigInteger("5"), new BigDecimal("1.50"), Instant.EPOCH,
                        TimeUnit.DAYS, 1e20, -1, Arrays.asList(1, "a"));
            case 6:
                return FunctionFactory.placeholder(trace.text());
            case 7:
                return FunctionFactory.column(trace.text());
            case 8:
                return QueryBuilder.raw(trace.text());
            case 9:
                return interval();
            case 10:
            case 11:
                return function(depth);
            case 12:
                return QueryBuilder.op(value(depth - 1), trace.pick("+", "-", "*", "/"), value(depth - 1));
            case 13:
                return QueryBuilder.cop(trace.text(), trace.pick("+", "-", "*", "/"), value(depth - 1));
            case 14:
                return trace.chance(50) ? QueryBuilder.addTime(3, "d") : QueryBuilder.subTime(7, "m");
            case 15:
                return clause(depth - 1);
            default:
                return trace.chance(50) ? QueryBuilder.asc() : QueryBuilder.desc();
        }
    }

    private Clause clause(final int depth) {
        String name = trace.text();
        Object value = value(depth);
        switch (trace.random().nextInt(20)) {
            case 0:
                return QueryBuilder.eq(name, value);
            case 1:
                return QueryBuilder.ne(name, value);
            case 2:
                return QueryBuilder.neq(name, value);
            case 3:
                return QueryBuilder.lt(name, value);
            case 4:
                return QueryBuilder.lte(name, value);
            case 5:
                return QueryBuilder.gt(name, value);
            case 6:
                return QueryBuilder.gte(name, value);
            case 7:
                return QueryBuilder.eq(value(depth), value);
            case 8:
                return QueryBuilder.ne(value(depth), value);
            case 9:
                return QueryBuilder.neq(value(depth), value);
            case 10:
                return QueryBuilder.lt(value(depth), value);
            case 11:
                return QueryBuilder.lte(value(depth), value);
            case 12:
                return QueryBuilder.gt(value(depth), value);
            case 13:
                return QueryBuilder.gte(value(depth), value);
            case 14:
                return QueryBuilder.contains(name, trace.text());
            case 15:
                return QueryBuilder.regex(name, trace.chance(10) ? null : "/" + trace.text() + "/");
            case 16:
                return QueryBuilder.nregex(name, trace.chance(10) ? null : "/" + trace.text() + "/");
            case 17:
                return trace.chance(50) ? QueryBuilder.addTime(3, "d") : QueryBuilder.subTime(7, "m");
            case 18:
                return new RawTextClause(trace.text());
            default:
                return depth <= 0 ? new RawTextClause("x") : nested(depth);
        }
    }

    private Clause nested(final int depth) {
        List<ConjunctionClause> clauses = new ArrayList<>();
        for (int i = trace.random().nextInt(3); i >= 0; i--) {
            clauses.add(trace.chance(50) ? new AndConjunction(clause(depth - 1))
                    : new OrConjunction(clause(depth - 1)));
        }
        return new NestedClause(clauses);
    }

    private BuiltQuery query() {
        SelectionQueryImpl selection = selection();
        if (trace.chance(20)) {
            selection.into(trace.chance(10) ? null : trace.text());
        }
        if (trace.chance(30)) {
            return subQueries(selection);
        }
        SelectQueryImpl query = trace.chance(70) ? selection.from("db", trace.text())
                : trace.chance(50) ? selection.from("db", new String[] {trace.text(), trace.text()})
                : selection.fromRaw("db", trace.text());
        return conditions(query);
    }

    private SelectionQueryImpl selection() {
        SelectionQueryImpl selection = trace.chance(50)
                ? select()
                : trace.chance(50) ? select(trace.text(), trace.text()) : select(value(2), function(2));
        for (int i = trace.random().nextInt(4); i > 0; i--) {
            choose(selection);
        }
        return selection;
    }

    private void choose(final SelectionQueryImpl selection) {
        switch (trace.random().nextInt(17)) {
            case 0:
                selection.column(trace.text());
                break;
            case 1:
                selection.column(trace.text()).as(trace.text());
                break;
            case 2:
                selection.max(value(1)).as(trace.text());
                break;
            case 3:
                selection.min(value(1));
                break;
            case 4:
                selection.sum(value(1));
                break;
            case 5:
                selection.mean(value(1));
                break;
            case 6:
                selection.count(value(1));
                break;
            case 7:
                selection.function(trace.text(), value(1), value(1));
                break;
            case 8:
                selection.raw(trace.text());
                break;
            case 9:
                selection.regex("/" + trace.text() + "/");
                break;
            case 10:
                selection.op(value(1), "+", value(1));
                break;
            case 11:
                selection.op(QueryBuilder.op(value(1), "-", value(1)));
                break;
            case 12:
                selection.cop(trace.text(), "*", value(1));
                break;
            case 13:
                selection.cop(QueryBuilder.cop(trace.text(), "/", value(1)));
                break;
            case 14:
                selection.all();
                break;
            case 15:
                selection.countAll();
                break;
            default:
                selection.column(trace.text()).distinct();
        }
    }

    private BuiltQuery conditions(final SelectQueryImpl query) {
        if (trace.chance(30)) {
            clauses(query);
            return query;
        }
        WhereQueryImpl where = trace.chance(20) ? query.where()
                : trace.chance(20) ? query.where(trace.text()) : query.where(clause(2));
        for (int i = trace.random().nextInt(4); i > 0; i--) {
            if (trace.chance(20)) {
                WhereNested<WhereQueryImpl> nested = trace.chance(50) ? where.andNested() : where.orNested();
                nested.and(clause(1)).or(clause(1));
                where = nested.close();
            } else {
                where = trace.chance(50) ? where.and(clause(1)) : where.or(clause(1));
            }
        }
        if (trace.chance(50)) {
            clauses(where);
            return where;
        }
        clauses(query);
        return query;
    }

    private void clauses(final Select select) {
        for (int i = trace.random().nextInt(4); i > 0; i--) {
            switch (trace.random().nextInt(10)) {
                case 0:
                    select.groupBy(trace.text(), function(1), QueryBuilder.raw(trace.text()));
                    break;
                case 1:
                    select.groupBy(value(1));
                    break;
                case 2:
                    select.orderBy(trace.chance(50) ? QueryBuilder.asc() : QueryBuilder.desc());
                    break;
                case 3:
                    select.fill((Number) trace.pick(1, 1.5, 100L, new BigDecimal("1.0"), null));
                    break;
                case 4:
                    select.fill(trace.pick("none", "null", "previous", "linear", "other", null));
                    break;
                case 5:
                    select.limit(trace.random().nextInt(20) - 1);
                    break;
                case 6:
                    select.limit(trace.random().nextInt(20) - 1, trace.random().nextInt(20) - 1);
                    break;
                case 7:
                    select.sLimit(trace.random().nextInt(20) - 1);
                    break;
                case 8:
                    select.sLimit(trace.random().nextInt(20) - 1, trace.random().nextInt(20) - 1);
                    break;
                default:
                    select.tz(trace.text());
            }
        }
    }

    private BuiltQuery subQueries(final SelectionQueryImpl selection) {
        switch (trace.random().nextInt(4)) {
            case 0:
                return closed(selection.fromSubQuery("db", trace.text()));
            case 1:
                return closed(selection.fromSubQuery("db", new String[] {trace.text(), trace.text()}));
            case 2:
                return closed(selection.fromSubQueryRaw("db", trace.text()));
            default:
                SelectionSubQueryImpl<SelectQueryImpl> inner = selection.fromSubQuery("db");
                choose(inner);
                if (trace.chance(30)) {
                    SelectionSubQueryImpl<SelectSubQueryImpl<SelectQueryImpl>> innermost = inner.fromSubQuery();
                    choose(innermost);
                    return closed(subConditions(innermost.from(trace.text())));
                }
                return closed(trace.chance(50) ? inner.from(trace.text())
                        : trace.chance(50) ? inner.fromRaw(trace.text())
                        : inner.from(new String[] {trace.text(), trace.text()}));
        }
    }

    private <T extends WithSubquery> void choose(final SelectionSubQueryImpl<T> selection) {
        for (int i = trace.random().nextInt(4); i > 0; i--) {
            switch (trace.random().nextInt(12)) {
                case 0:
                    selection.column(trace.text()).as(trace.text());
                    break;
                case 1:
                    selection.max(value(1)).min(value(1));
                    break;
                case 2:
                    selection.sum(value(1)).mean(value(1)).count(value(1));
                    break;
                case 3:
                    selection.function(trace.text(), value(1));
                    break;
                case 4:
                    selection.raw(trace.text());
                    break;
                case 5:
                    selection.regex("/" + trace.text() + "/");
                    break;
                case 6:
                    selection.op(value(1), "+", value(1)).op(QueryBuilder.op(1, "+", 2));
                    break;
                case 7:
                    selection.cop(trace.text(), "*", value(1)).cop(QueryBuilder.cop("a", "+", 2));
                    break;
                case 8:
                    selection.all();
                    break;
                case 9:
                    selection.countAll();
                    break;
                case 10:
                    selection.column(trace.text()).distinct();
                    break;
                default:
                    selection.column(trace.text());
            }
        }
    }

    private <T extends WithSubquery> T subConditions(final SelectSubQueryImpl<T> query) {
        if (trace.chance(30)) {
            clauses(query);
            return query.close();
        }
        WhereSubQueryImpl<SelectSubQueryImpl<T>, T> where = trace.chance(20) ? query.where()
                : trace.chance(20) ? query.where(trace.text()) : query.where(clause(2));
        for (int i = trace.random().nextInt(3); i > 0; i--) {
            if (trace.chance(30)) {
                WhereNested<WhereSubQueryImpl<SelectSubQueryImpl<T>, T>> nested =
                        trace.chance(50) ? where.andNested() : where.orNested();
                where = nested.and(clause(1)).or(clause(1)).close();
            } else {
                where = trace.chance(50) ? where.and(clause(1)) : where.or(clause(1));
            }
        }
        clauses(where);
        return where.close();
    }

    private BuiltQuery closed(final SelectSubQueryImpl<?> query) {
        WithSubquery outer = subConditions(query);
        while (outer instanceof SelectSubQueryImpl) {
            outer = subConditions((SelectSubQueryImpl<?>) outer);
        }
        return conditions((SelectQueryImpl) outer);
    }

    private void fixedCases() {
        trace.step("no columns", () -> select((String[]) null));
        trace.step("no objects", () -> select((Object[]) null));
        trace.step("null columns", () -> select(new String[] {null, "a", null}).from("d", "m").getCommand());
        trace.step("no table", () -> select().from("d", (String) null));
        trace.step("no tables", () -> select().from("d", (String[]) null));
        trace.step("no tables at all", () -> select().from("d", new String[0]));
        trace.step("no raw text", () -> select().fromRaw("d", null));
        trace.step("no sub table", () -> select().fromSubQuery("d", (String) null));
        trace.step("from later", () -> select().from("d").getCommand());
        trace.step("from later, set", () -> {
            SelectQueryImpl query = select().from("d");
            query.setSubQuery(select("a").from("e", "m"));
            return query.getCommand();
        });
        trace.step("no sub query", () -> select().from("d").getDatabase());
        trace.step("null sub query", () -> {
            select().from("d").setSubQuery(null);
            return "";
        });
        trace.step("distinct twice", () -> select().column("a").distinct().distinct());
        trace.step("distinct of two", () -> select("a", "b").distinct().from("d", "m"));
        trace.step("text of distinct of two", () -> select("a", "b").distinct().from("d", "m").getCommand());
        trace.step("distinct and then more", () ->
                select().column("a").distinct().column("b").from("d", "m").getCommand());
        trace.step("name twice", () -> select().column("a").as("b").as("c"));
        trace.step("name of all", () -> select().all().as("c"));
        trace.step("count all and more", () -> select().countAll().column("a").from("d", "m").getCommand());
        trace.step("count all twice", () -> select().countAll().countAll());
        trace.step("where null", () -> select().from("d", "m").where((String) null));
        trace.step("where null clause", () -> select().from("d", "m").where((Clause) null).getCommand());
        trace.step("where nothing", () -> select().from("d", "m").where().getCommand());
        trace.step("order null", () -> select().from("d", "m").orderBy(null).getCommand());
        trace.step("group null", () -> select().from("d", "m").groupBy((Object[]) null));
        trace.step("group nothing", () -> select().from("d", "m").groupBy().getCommand());
        trace.step("group nothing, fill", () -> select().from("d", "m").groupBy().fill(1).getCommand());
        trace.step("group a null", () -> select().from("d", "m").groupBy("a", null));
        trace.step("text of group a null", () -> select().from("d", "m").groupBy("a", null).getCommand());
        trace.step("nothing nested", () -> select().from("d", "m").where().andNested().close().getCommand());
        trace.step("nothing nested, but first", () -> select().from("d", "m").where(QueryBuilder.eq("a", 1)).orNested()
                .close().getCommand());
        trace.step("semicolons", () -> select().raw("x;").from("d", "m").where("a;  ").getCommand() + "|");
        trace.step("a space at the end", () -> select().from("d", "m").where("a \t\n ").getCommand() + "|");
        trace.step("post", () -> select().requiresPost().into("x").from("d", "m").requiresPost());
        trace.step("post with conditions", () ->
                select().requiresPost().from("d", "m").where(QueryBuilder.eq("a", 1)).requiresPost());
        trace.step("no post", () -> select().from("d", "m").where(QueryBuilder.eq("a", 1)).requiresPost());
        trace.step("equal", () -> select("a").from("d", "m").equals(select("a").from("d", "m")) + " "
                + (select("a").from("d", "m").hashCode() == select("a").from("d", "m").hashCode())
                + select().from("d", "m").equals(select().from("e", "m")) + select().from("d", "m").equals(null));
        trace.step("equal but for the text", () -> select("a").from("d", "m").equals(select("b").from("d", "m")));
        trace.step("bound", () -> select().from("d", "m").where(QueryBuilder.eq("a", FunctionFactory.placeholder("p")))
                .bindParameter("p", 1).getParameterJsonWithUrlEncoded());
        trace.step("the selection goes on", () -> {
            SelectionQueryImpl selection = select("a");
            SelectQueryImpl first = selection.from("d", "m");
            selection.column("b");
            return first.getCommand() + selection.from("d", "n").getCommand();
        });
        trace.step("the conditions", () -> {
            List<ConjunctionClause> clauses = select().from("d", "m").where(QueryBuilder.eq("a", 1))
                    .or(QueryBuilder.eq("b", 2)).getClauses();
            return clauses.size() + clauses.get(0).getClass().getName() + clauses.get(1).getClass().getName();
        });
        trace.step("a function", () -> {
            Function function = FunctionFactory.function("F", "a", 1);
            return function.getName() + function.getParameters().length
                    + function.getParameters()[0].getClass().getName() + function.getParameters()[1];
        });
        trace.step("no parameters", () -> FunctionFactory.function("f", (Object[]) null));
        trace.step("an alias", () -> new Alias("c", "a").getColumn() + new Alias("c", "a").getAlias()
                + Appender.appendName(new Alias(FunctionFactory.max("x"), "b c"), new StringBuilder()));
        trace.step("the inner selection's own text", () -> select().fromSubQuery("d").column("x").buildQueryString());
        trace.step("the inner query's own text", () -> select().fromSubQuery("d").from("x").buildQueryString());
        parts();
    }

    private void parts() {
        trace.step("parts", () -> text(new SimpleFromClause("a b")) + text(new MultipleFromClause(List.of("a", "b c")))
                + text(new RawFromClause("raw")) + text(new SubQueryFromClause(select().from("d", "m")))
                + text(new SelectRegexClause("/x/")) + text(new ContainsClause("a b", "c")) + text(new RawText("raw"))
                + text(new AddRelativeTimeClause(new TimeInterval(null, "d")))
                        + text(new AndConjunction(new RawTextClause("x"))));
        trace.step("no table part", () -> new SimpleFromClause(null));
        trace.step("no tables part", () -> new MultipleFromClause(null));
        trace.step("empty tables part", () -> new MultipleFromClause(List.of()));
        trace.step("no raw part", () -> new RawFromClause(null));
        trace.step("no sub query part", () -> new SubQueryFromClause(null));
        trace.step("no text part", () -> new RawTextClause(null));
        trace.step("no condition part", () -> text(new AndConjunction(null)));
        trace.step("no column part", () -> text(QueryBuilder.eq((String) null, 1)));
        trace.step("no interval part", () -> text(new AddRelativeTimeClause(null)));
        trace.step("joined", () -> Appender.joinAndAppend(new StringBuilder(), ";", List.of(QueryBuilder.eq("a", 1),
                QueryBuilder.lt("b", 2))) + "" + Appender.joinAndAppend(new StringBuilder(), ";", List.of())
                + Appender.joinAndAppendNames(new StringBuilder(), List.of("a", "b c")));
    }
}
