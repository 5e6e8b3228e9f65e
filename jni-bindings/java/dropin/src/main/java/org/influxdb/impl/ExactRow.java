package org.influxdb.impl;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A row of a result whose numbers are {@link Double}, as programs cast them, and which still knows the whole numbers
 * that a double cannot hold.
 */
final class ExactRow extends ArrayList<Object> implements ExactValues {

    private static final long serialVersionUID = 1L;

    /** Up to 15 digits, and so every text shorter than this, a double holds every whole number. */
    private static final int SURELY_EXACT = 16;

    /** By column, null where the double is exact. */
    private Long[] exact = new Long[8];

    private ExactRow(List<Object> row) {
        super(row);
    }

    /**
     * Adds a number as JSON spells it.
     *
     * @return the row to go on with: the given one, or an {@link ExactRow} in its place where that is needed
     */
    static List<Object> withNumber(List<Object> row, String text) {
        double number = Double.parseDouble(text);
        Long whole = text.length() >= SURELY_EXACT && isWhole(text) ? inexact(text, number) : null;
        List<Object> longer = row;
        if (whole != null) {
            ExactRow exactRow = row instanceof ExactRow ? (ExactRow) row : new ExactRow(row);
            exactRow.keep(row.size(), whole);
            longer = exactRow;
        }
        longer.add(number);
        return longer;
    }

    /**
     * The number where the double is another; null also past 64 bits, in an unsigned field: the double is what there
     * is.
     */
    private static Long inexact(String text, double number) {
        try {
            long whole = Long.parseLong(text);
            return (long) number == whole ? null : whole;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /**
     * The value in a column: the exact {@link Long} where the double that {@link #get} answers is not, else that
     * value. A value that was replaced meanwhile is answered as it is.
     */
    @Override
    public Object exact(int column) {
        Object value = get(column);
        Long whole = column < exact.length ? exact[column] : null;
        return whole != null && value instanceof Double && (double) whole == (Double) value ? whole : value;
    }

    private void keep(int column, long whole) {
        if (column >= exact.length) {
            exact = Arrays.copyOf(exact, 2 * column);
        }
        exact[column] = whole;
    }

    private static boolean isWhole(String text) {
        for (int i = text.charAt(0) == '-' ? 1 : 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }
}
