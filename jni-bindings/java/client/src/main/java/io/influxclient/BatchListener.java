package io.influxclient;

/** Is told what became of each batch of a {@link BatchWriter}. */
@FunctionalInterface
public interface BatchListener {

    /**
     * A batch is settled. Called on the client's executor, for one batch after the other. What it throws is logged.
     *
     * @param report what became of the batch
     */
    void settled(BatchReport report);
}
