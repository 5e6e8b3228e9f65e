package io.influxclient.junit;

/** How long a cluster of a test class lives. */
public enum Scope {
    /**
     * One cluster for all tests of the class and of the classes nested in it. After each test all faults end, paused
     * nodes go on and dead ones are started again; what is stored stays. Where tests run in parallel, this happens when
     * none is under way any more: tests that break things side by side need {@link #METHOD}.
     */
    CLASS,
    /** A cluster of its own for each test. */
    METHOD
}
