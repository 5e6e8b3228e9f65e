package io.influxclient;

import java.util.Arrays;

/**
 * The numbers of the names in a batch. A table of open addressing over the strings themselves: a program mostly uses
 * the same string objects again, and for those no character is looked at.
 */
final class NameTable {

    /** A number is 24 bits. */
    private static final int MOST = 1 << 24;
    /** Names of earlier batches are kept up to here, for the next one. */
    private static final int KEPT = 4096;

    private String[] slots = new String[64];
    private int[] numbers = new int[64];
    private int shift = 32 - 6;
    private int filled;

    /** The slots of the names of this batch, by number. */
    private int[] bySlot = new int[64];

    private int count;
    /** How many of them belong to finished points. */
    private int kept;

    /** The number of a name; -1 if the batch does not have it yet. */
    int number(String name) {
        String[] table = slots;
        int mask = table.length - 1;
        for (int slot = slot(name); ; slot = slot + 1 & mask) {
            String there = table[slot];
            if (there == name) {
                return numbers[slot];
            }
            if (there == null) {
                return -1;
            }
            if (there.equals(name)) {
                return numbers[slot];
            }
        }
    }

    private int slot(String name) {
        return name.hashCode() * 0x9E3779B9 >>> shift;
    }

    /** Gives a name the next number. */
    int add(String name) {
        if (count == MOST) {
            throw new IllegalStateException("a batch has room for " + MOST + " names: write it, then clear it");
        }
        if (2 * (filled + 1) > slots.length) {
            enlarge();
        }
        int mask = slots.length - 1;
        int slot = slot(name);
        while (slots[slot] != null && !slots[slot].equals(name)) {
            slot = slot + 1 & mask;
        }
        if (slots[slot] == null) {
            slots[slot] = name;
            filled++;
        }
        if (count == bySlot.length) {
            bySlot = Arrays.copyOf(bySlot, 2 * count);
        }
        numbers[slot] = count;
        bySlot[count] = slot;
        return count++;
    }

    private void enlarge() {
        String[] old = slots;
        int[] oldNumbers = numbers;
        slots = new String[2 * old.length];
        numbers = new int[slots.length];
        shift--;
        int mask = slots.length - 1;
        for (int i = 0; i < old.length; i++) {
            if (old[i] != null) {
                int slot = slot(old[i]);
                while (slots[slot] != null) {
                    slot = slot + 1 & mask;
                }
                slots[slot] = old[i];
                numbers[slot] = oldNumbers[i];
                if (oldNumbers[i] >= 0) {
                    bySlot[oldNumbers[i]] = slot;
                }
            }
        }
    }

    /** The names so far belong to finished points. */
    void keep() {
        kept = count;
    }

    /** The names since then have no number any more. */
    void forgetNew() {
        while (count > kept) {
            numbers[bySlot[--count]] = -1;
        }
    }

    /** No name has a number any more. The strings stay, because the next batch will use them again. */
    void clear() {
        if (filled > KEPT) {
            slots = new String[64];
            numbers = new int[64];
            shift = 32 - 6;
            filled = 0;
            bySlot = new int[64];
            count = 0;
        }
        kept = 0;
        forgetNew();
    }
}
