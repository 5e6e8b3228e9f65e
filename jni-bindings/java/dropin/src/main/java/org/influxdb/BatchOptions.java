package org.influxdb;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.influxdb.dto.Point;
import org.influxdb.impl.ChosenLevel;
import org.influxdb.impl.DaemonThreads;

/**
 * How points are collected and written in the background. Immutable: every setter answers changed options, beginning
 * with {@link #DEFAULTS}. The numbers are checked by {@link InfluxDB#enableBatch(BatchOptions)}.
 */
public final class BatchOptions implements Cloneable {

    /** Points a batch. */
    public static final int DEFAULT_BATCH_ACTIONS_LIMIT = 1000;

    /** Milliseconds after which a smaller batch is sent. */
    public static final int DEFAULT_BATCH_INTERVAL_DURATION = 1000;

    /** Milliseconds by which sending is put off at random, at most. */
    public static final int DEFAULT_JITTER_INTERVAL_DURATION = 0;

    /** Points of failed batches that are kept to be sent again. */
    public static final int DEFAULT_BUFFER_LIMIT = 10000;

    /** Unit in which times are sent. */
    public static final TimeUnit DEFAULT_PRECISION = TimeUnit.NANOSECONDS;

    /** A full queue makes the writer wait. */
    public static final boolean DEFAULT_DROP_ACTIONS_ON_QUEUE_EXHAUSTION = false;

    /** The options to begin with. */
    public static final BatchOptions DEFAULTS = new BatchOptions();

    private int actions = DEFAULT_BATCH_ACTIONS_LIMIT;
    private int flushDuration = DEFAULT_BATCH_INTERVAL_DURATION;
    private int jitterDuration = DEFAULT_JITTER_INTERVAL_DURATION;
    private int bufferLimit = DEFAULT_BUFFER_LIMIT;
    private TimeUnit precision = DEFAULT_PRECISION;
    private boolean dropActionsOnQueueExhaustion = DEFAULT_DROP_ACTIONS_ON_QUEUE_EXHAUSTION;
    private ThreadFactory threadFactory = DaemonThreads.factory();
    private BiConsumer<Iterable<Point>, Throwable> exceptionHandler = (points, failure) -> {};
    private Consumer<Point> droppedActionHandler = point -> {};
    /** Null until it is set: the client's own level counts then. */
    private InfluxDB.ConsistencyLevel consistency;

    static {
        ChosenLevel.readBy(options -> options.consistency);
    }

    private BatchOptions() {}

    /**
     * Sets how many points make a batch; the queue holds as many.
     *
     * @param actions at least 1
     * @return changed options
     */
    public BatchOptions actions(int actions) {
        BatchOptions changed = copy();
        changed.actions = actions;
        return changed;
    }

    /**
     * Sets after what time a smaller batch is sent.
     *
     * @param flushDuration milliseconds, at least 1
     * @return changed options
     */
    public BatchOptions flushDuration(int flushDuration) {
        BatchOptions changed = copy();
        changed.flushDuration = flushDuration;
        return changed;
    }

    /**
     * Sets by how much sending is put off at random, so that many clients do not send at once.
     *
     * @param jitterDuration milliseconds at most, at least 0
     * @return changed options
     */
    public BatchOptions jitterDuration(int jitterDuration) {
        BatchOptions changed = copy();
        changed.jitterDuration = jitterDuration;
        return changed;
    }

    /**
     * Sets how many points of failed batches are kept to be sent again. With more than {@link #getActions()} of them,
     * a batch whose failure may pass is sent again until it succeeds or is pushed out by newer ones; else each batch
     * is sent once.
     *
     * @param bufferLimit points, at least 0
     * @return changed options
     */
    public BatchOptions bufferLimit(int bufferLimit) {
        BatchOptions changed = copy();
        changed.bufferLimit = bufferLimit;
        return changed;
    }

    /**
     * Sets what makes the thread that sends. By default that is a daemon: it does not keep a JVM alive. What is
     * queued at its end is sent then, see {@link InfluxDB#enableBatch()}.
     *
     * @param threadFactory makes the thread
     * @return changed options
     */
    public BatchOptions threadFactory(ThreadFactory threadFactory) {
        BatchOptions changed = copy();
        changed.threadFactory = threadFactory;
        return changed;
    }

    /**
     * Sets who is told of points that will not be sent again. It runs in the thread that sends, or in that of a flush;
     * what it throws is logged, or thrown by that flush or close. Points that the server is known to have stored are not
     * among them.
     *
     * @param exceptionHandler is handed the points and why; by default it does nothing
     * @return changed options
     */
    public BatchOptions exceptionHandler(BiConsumer<Iterable<Point>, Throwable> exceptionHandler) {
        BatchOptions changed = copy();
        changed.exceptionHandler = exceptionHandler;
        return changed;
    }

    /**
     * Sets the level of the batches.
     *
     * @param consistency the level; null for the client's
     * @return changed options
     */
    public BatchOptions consistency(InfluxDB.ConsistencyLevel consistency) {
        BatchOptions changed = copy();
        changed.consistency = consistency;
        return changed;
    }

    /**
     * Sets the unit in which times are sent; finer parts are cut off.
     *
     * @param precision the unit; null for nanoseconds
     * @return changed options
     */
    public BatchOptions precision(TimeUnit precision) {
        BatchOptions changed = copy();
        changed.precision = precision;
        return changed;
    }

    /**
     * Sets whether a point that finds the queue full is dropped; else its writer waits.
     *
     * @param dropActionsOnQueueExhaustion true to drop it
     * @return changed options
     */
    public BatchOptions dropActionsOnQueueExhaustion(boolean dropActionsOnQueueExhaustion) {
        BatchOptions changed = copy();
        changed.dropActionsOnQueueExhaustion = dropActionsOnQueueExhaustion;
        return changed;
    }

    /**
     * Sets who is told of a point that was dropped because the queue was full, in its writer's thread. It may write, and end
     * batching; ending it does not wait for it.
     *
     * @param droppedActionHandler is handed the point; by default it does nothing
     * @return changed options
     */
    public BatchOptions droppedActionHandler(Consumer<Point> droppedActionHandler) {
        BatchOptions changed = copy();
        changed.droppedActionHandler = droppedActionHandler;
        return changed;
    }

    /**
     * How many points make a batch.
     *
     * @return the number
     */
    public int getActions() {
        return actions;
    }

    /**
     * After what time a smaller batch is sent.
     *
     * @return milliseconds
     */
    public int getFlushDuration() {
        return flushDuration;
    }

    /**
     * By how much sending is put off at random, at most.
     *
     * @return milliseconds
     */
    public int getJitterDuration() {
        return jitterDuration;
    }

    /**
     * How many points of failed batches are kept to be sent again.
     *
     * @return the number
     */
    public int getBufferLimit() {
        return bufferLimit;
    }

    /**
     * What makes the thread that sends.
     *
     * @return the factory
     */
    public ThreadFactory getThreadFactory() {
        return threadFactory;
    }

    /**
     * Who is told of points that will not be sent again.
     *
     * @return the handler
     */
    public BiConsumer<Iterable<Point>, Throwable> getExceptionHandler() {
        return exceptionHandler;
    }

    /**
     * The level of the batches.
     *
     * @return the level; {@link InfluxDB.ConsistencyLevel#ONE} where none was set
     */
    public InfluxDB.ConsistencyLevel getConsistency() {
        return consistency == null ? InfluxDB.ConsistencyLevel.ONE : consistency;
    }

    /**
     * The unit in which times are sent.
     *
     * @return the unit
     */
    public TimeUnit getPrecision() {
        return precision;
    }

    /**
     * Whether a point that finds the queue full is dropped.
     *
     * @return true if so
     */
    public boolean isDropActionsOnQueueExhaustion() {
        return dropActionsOnQueueExhaustion;
    }

    /**
     * Who is told of a point that was dropped because the queue was full.
     *
     * @return the handler
     */
    public Consumer<Point> getDroppedActionHandler() {
        return droppedActionHandler;
    }

    private BatchOptions copy() {
        try {
            return (BatchOptions) clone();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("the class is Cloneable", e);
        }
    }
}
