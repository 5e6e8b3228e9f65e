package org.influxdb.impl;

import java.util.Arrays;

/**
 * What can be told of lines of line protocol by walking over them. Never fails: odd lines are the server's to judge.
 */
final class Lines {

    private final byte[] bytes;
    private int at;
    /** Of the line that was walked over last. */
    private int begin;

    private int end;
    /** Blanks outside of quotes that are not escaped: one before the fields, one before the time. */
    private int blanks;

    private Lines(byte[] bytes) {
        this.bytes = bytes;
    }

    /** How many lines have something in them and are no comments. */
    static int count(byte[] bytes) {
        Lines lines = new Lines(bytes);
        int count = 0;
        while (lines.next()) {
            count++;
        }
        return count;
    }

    /** Whether every line ends in a time. */
    static boolean allHaveTime(byte[] bytes) {
        Lines lines = new Lines(bytes);
        while (lines.next()) {
            if (lines.blanks < 2 || !lines.endsInNumber()) {
                return false;
            }
        }
        return true;
    }

    /** The number of the one line that reads so, from 0; -1 where none does, or several. */
    static int indexOf(byte[] bytes, byte[] line) {
        Lines lines = new Lines(bytes);
        int found = -1;
        for (int i = 0; lines.next(); i++) {
            if (Arrays.equals(bytes, lines.begin, lines.end, line, 0, line.length)) {
                if (found >= 0) {
                    return -1;
                }
                found = i;
            }
        }
        return found;
    }

    /** Walks over the next line that counts; false at the end. A line feed in a quoted text belongs to it. */
    private boolean next() {
        while (at < bytes.length) {
            begin = at;
            walk();
            if (end > begin && bytes[begin] != '#') {
                return true;
            }
        }
        return false;
    }

    private void walk() {
        blanks = 0;
        boolean quoted = false;
        while (at < bytes.length && (quoted || bytes[at] != '\n')) {
            switch (bytes[at]) {
                case '\\':
                    at++;
                    break;
                case '"':
                    quoted = blanks == 1 && !quoted;
                    break;
                case ' ':
                    blanks += quoted || at == begin || bytes[at - 1] == ' ' ? 0 : 1;
                    break;
                default:
            }
            at++;
        }
        end = Math.min(at, bytes.length);
        at = end + 1;
        while (end > begin && (bytes[end - 1] == ' ' || bytes[end - 1] == '\r')) {
            end--;
        }
    }

    private boolean endsInNumber() {
        int digit = end - 1;
        while (digit >= begin && bytes[digit] >= '0' && bytes[digit] <= '9') {
            digit--;
        }
        int sign = bytes[digit] == '-' ? digit - 1 : digit;
        return digit < end - 1 && sign >= begin && bytes[sign] == ' ';
    }
}
