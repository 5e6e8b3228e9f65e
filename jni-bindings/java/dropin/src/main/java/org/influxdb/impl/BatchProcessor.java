package org.influxdb.impl;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.influxdb.InfluxDB;
import org.influxdb.InfluxDB.ConsistencyLevel;
import org.influxdb.dto.BatchPoints;
import org.influxdb.dto.Point;

/**
 * Collects points and writes them in the background, in batches. Applications get it by {@link
 * InfluxDB#enableBatch()}. Safe for use by many threads; points of one thread are sent in the order it put them.
 */
public final class BatchProcessor {

    private static final Logger LOG = Logger.getLogger(BatchProcessor.class.getName());

    /** What a thread needs to put its point once there is room. */
    private static final long PUTTING_PAUSE_NANOS = 100_000;

    /** What was put and not yet taken to be sent. */
    protected final BlockingQueue<AbstractBatchEntry> queue;

    private final InfluxDB influxDB;
    private final int actions;
    private final int flushInterval;
    private final int jitterInterval;
    private final TimeUnit flushIntervalUnit;
    private final BiConsumer<Iterable<Point>, Throwable> exceptionHandler;
    private final Supplier<ConsistencyLevel> consistencyLevel;
    private final TimeUnit precision;
    private final boolean dropActionsOnQueueExhaustion;
    private final Consumer<Point> droppedActionHandler;
    private final boolean sendsAgain;
    private final Delivery delivery;
    private final ScheduledExecutorService scheduler;
    private final ExitFlush exitFlush = new ExitFlush(this::sendInBackground);

    /** Held while batches are sent: they go one after the other, whoever's thread sends them. */
    private final Object sending = new Object();
    /** Whether the scheduler has a job for a full queue already. */
    private final AtomicBoolean fullQueueTold = new AtomicBoolean();
    /** Threads between the check that points are accepted and the point in the queue. */
    private final AtomicInteger putting = new AtomicInteger();

    private volatile boolean closed;

    /** A point on its way. */
    abstract static class AbstractBatchEntry {

        final Point point;

        AbstractBatchEntry(Point point) {
            this.point = point;
        }
    }

    /** A point for the server's HTTP service. */
    static final class HttpBatchEntry extends AbstractBatchEntry {

        final String database;
        final String retentionPolicy;

        HttpBatchEntry(Point point, String database, String retentionPolicy) {
            super(point);
            this.database = database;
            this.retentionPolicy = retentionPolicy;
        }
    }

    /** A point for a UDP service. */
    static final class UdpBatchEntry extends AbstractBatchEntry {

        final int udpPort;

        UdpBatchEntry(Point point, int udpPort) {
            super(point);
            this.udpPort = udpPort;
        }
    }

    private BatchProcessor(Builder made) {
        influxDB = made.influxDB;
        actions = made.actions;
        flushInterval = made.flushInterval;
        jitterInterval = made.jitterInterval;
        flushIntervalUnit = made.flushIntervalUnit;
        exceptionHandler = made.exceptionHandler;
        consistencyLevel = made.consistencyLevel;
        precision = made.precision;
        dropActionsOnQueueExhaustion = made.dropActionsOnQueueExhaustion;
        droppedActionHandler = made.droppedActionHandler;
        // A queue of one would make every writer wait for the write before.
        queue = actions > 1 && actions < Integer.MAX_VALUE
                ? new LinkedBlockingQueue<>(actions)
                : new LinkedBlockingQueue<>();
        sendsAgain = made.bufferLimit > actions;
        delivery = sendsAgain ? new RetryDelivery(made.bufferLimit, actions) : new OneShotDelivery();
        scheduler = Executors.newSingleThreadScheduledExecutor(made.threadFactory);
        scheduleFlush();
        if (!Legacy.isOn()) {
            exitFlush.arm();
        }
    }

    /**
     * Begins a processor.
     *
     * @param influxDB writes the batches
     * @return its builder
     */
    public static Builder builder(InfluxDB influxDB) {
        return new Builder(influxDB);
    }

    private void scheduleFlush() {
        long jitter = jitterInterval > 0 ? ThreadLocalRandom.current().nextInt(jitterInterval) : 0;
        try {
            scheduler.schedule(
                    () -> {
                        try {
                            sendInBackground();
                        } finally {
                            scheduleFlush();
                        }
                    },
                    flushInterval + jitter,
                    flushIntervalUnit);
        } catch (RejectedExecutionException e) {
            // Shut down meanwhile: that sends what is left.
            LOG.log(Level.FINEST, "no more flushes", e);
        }
    }

    /**
     * Queues a point; waits while the queue is full, or drops the point then, as the options say.
     *
     * @return false where this processor was shut down: the point is not queued
     */
    boolean put(AbstractBatchEntry entry) {
        boolean dropped = false;
        putting.incrementAndGet();
        try {
            if (closed) {
                return false;
            }
            if (!queue.offer(entry)) {
                dropped = dropActionsOnQueueExhaustion;
                if (!dropped) {
                    queue.put(entry);
                }
            }
            if (!dropped && queue.size() >= actions && fullQueueTold.compareAndSet(false, true)) {
                scheduler.execute(this::sendInBackground);
            }
        } catch (RejectedExecutionException e) {
            // Shut down between: that waits for this thread and sends what it put.
            LOG.log(Level.FINEST, "shut down meanwhile", e);
        } catch (InterruptedException e) {
            if (!Legacy.isOn()) {
                Thread.currentThread().interrupt();
            }
            throw new RuntimeException(e);
        } finally {
            putting.decrementAndGet();
        }
        if (dropped) {
            // Not counted as putting: the application may take long here, or shut this processor down.
            droppedActionHandler.accept(entry.point);
        }
        return true;
    }

    /** Sends what is queued, and what was left over before. */
    void flush() {
        List<Throwable> thrown = new ArrayList<>();
        uninterrupted(() -> handOver(send(), thrown));
        throwFirst(thrown);
    }

    /**
     * Programs close and flush in threads that were interrupted before, and points would be lost by that. An interrupt
     * from now on counts.
     */
    private static void uninterrupted(Runnable work) {
        boolean interrupted = !Legacy.isOn() && Thread.interrupted();
        try {
            work.run();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Accepts no more points, sends what is queued and gives up what cannot be sent. */
    void flushAndShutdown() {
        closed = true;
        scheduler.shutdown();
        exitFlush.disarm();
        List<Throwable> thrown = new ArrayList<>();
        uninterrupted(() -> {
            List<HandOver> givenUp = new ArrayList<>();
            synchronized (sending) {
                // Sent once they are all there: each try sends again what was left over before.
                List<AbstractBatchEntry> entries = lastEntries();
                if (!entries.isEmpty()) {
                    givenUp.addAll(send(entries));
                }
                givenUp.addAll(delivery.close(this::sendOnce));
            }
            handOver(givenUp, thrown);
        });
        throwFirst(thrown);
    }

    /** What is queued, and the one point of each thread that is putting just now: taking them makes room for it. */
    private List<AbstractBatchEntry> lastEntries() {
        List<AbstractBatchEntry> entries = new ArrayList<>(queue.size());
        while (putting.get() > 0) {
            queue.drainTo(entries);
            LockSupport.parkNanos(PUTTING_PAUSE_NANOS);
        }
        queue.drainTo(entries);
        return entries;
    }

    /** Sends a batch at once, after what was left over before; where it is not sent again, a failure is thrown. */
    void writeNow(BatchPoints batch) {
        if (!sendsAgain) {
            influxDB.write(batch);
            return;
        }
        List<HandOver> givenUp;
        synchronized (sending) {
            givenUp = delivery.write(List.of(Batches.copy(batch)), this::sendOnce);
        }
        throwFirst(handOver(givenUp, new ArrayList<>()));
    }

    private void sendInBackground() {
        fullQueueTold.set(false);
        handOver(send(), new ArrayList<>()).forEach(BatchProcessor::log);
    }

    private List<HandOver> send() {
        synchronized (sending) {
            List<AbstractBatchEntry> entries = new ArrayList<>(queue.size());
            queue.drainTo(entries);
            return send(entries);
        }
    }

    private List<HandOver> send(List<AbstractBatchEntry> entries) {
        synchronized (sending) {
            List<HandOver> givenUp = new ArrayList<>();
            List<HttpBatchEntry> http = new ArrayList<>(entries.size());
            for (AbstractBatchEntry entry : entries) {
                if (entry instanceof HttpBatchEntry) {
                    http.add((HttpBatchEntry) entry);
                } else {
                    sendDatagram((UdpBatchEntry) entry, givenUp);
                }
            }
            try {
                givenUp.addAll(delivery.write(Batches.of(http, getConsistencyLevel(), precision), this::sendOnce));
            } catch (RuntimeException e) {
                givenUp.add(new HandOver(pointsOf(http), e));
            }
            if (Legacy.isOn() && !sendsAgain && !givenUp.isEmpty()) {
                return List.of(new HandOver(pointsOf(entries), givenUp.get(givenUp.size() - 1).failure));
            }
            return givenUp;
        }
    }

    private void sendDatagram(UdpBatchEntry entry, List<HandOver> givenUp) {
        try {
            influxDB.write(entry.udpPort, entry.point.lineProtocol());
        } catch (RuntimeException e) {
            givenUp.add(new HandOver(new ArrayList<>(List.of(entry.point)), e));
        }
    }

    private Verdict sendOnce(BatchPoints batch) {
        try {
            influxDB.write(batch);
            return Verdict.DELIVERED;
        } catch (RuntimeException e) {
            if (!sendsAgain) {
                LOG.log(Level.SEVERE, "Batch could not be sent. Data will be lost", e);
            }
            return Verdicts.of(batch, e);
        } catch (Error e) {
            // Not hidden: whoever hears of the points hears of it.
            return Verdict.failed(e, new ArrayList<>(batch.getPoints()));
        }
    }

    private static List<Point> pointsOf(Collection<? extends AbstractBatchEntry> entries) {
        List<Point> points = new ArrayList<>();
        entries.forEach(entry -> points.add(entry.point));
        return points;
    }

    /** Tells the application of each; whatever it throws is collected, so that it hears of the others too. */
    private List<Throwable> handOver(List<HandOver> givenUp, List<Throwable> thrown) {
        for (HandOver points : givenUp) {
            try {
                exceptionHandler.accept(points.points, points.failure);
            } catch (Throwable e) {
                thrown.add(e);
            }
        }
        return thrown;
    }

    private static void log(Throwable thrown) {
        LOG.log(Level.SEVERE, "the exception handler of batching failed", thrown);
    }

    private static void throwFirst(List<Throwable> thrown) {
        if (!thrown.isEmpty()) {
            thrown.subList(1, thrown.size()).forEach(BatchProcessor::log);
            BatchProcessor.<RuntimeException>throwAsIs(thrown.get(0));
        }
    }

    /** A handler declares no checked exceptions; one in a language without them may throw them all the same. */
    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void throwAsIs(Throwable thrown) throws T {
        throw (T) thrown;
    }

    /**
     * The level of the batches.
     *
     * @return the level
     */
    public ConsistencyLevel getConsistencyLevel() {
        return consistencyLevel.get();
    }

    /**
     * The unit in which times are sent.
     *
     * @return the unit; null for nanoseconds
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
     * @return the handler; null for nobody
     */
    public Consumer<Point> getDroppedActionHandler() {
        return droppedActionHandler;
    }

    /** Makes a {@link BatchProcessor}. Not safe for use by many threads. */
    public static final class Builder {

        private final InfluxDB influxDB;
        private ThreadFactory threadFactory = DaemonThreads.factory();
        private int actions;
        private int flushInterval;
        private int jitterInterval;
        private TimeUnit flushIntervalUnit;
        private int bufferLimit;
        private BiConsumer<Iterable<Point>, Throwable> exceptionHandler = (points, failure) -> {};
        private Supplier<ConsistencyLevel> consistencyLevel = () -> ConsistencyLevel.ONE;
        private TimeUnit precision;
        private boolean dropActionsOnQueueExhaustion;
        private Consumer<Point> droppedActionHandler = point -> {};

        /**
         * Begins a processor.
         *
         * @param influxDB writes the batches
         */
        public Builder(InfluxDB influxDB) {
            this.influxDB = influxDB;
        }

        /**
         * Sets what makes the thread that sends; by default a daemon.
         *
         * @param threadFactory makes the thread
         * @return this builder
         */
        public Builder threadFactory(ThreadFactory threadFactory) {
            this.threadFactory = threadFactory;
            return this;
        }

        /**
         * Sets how many points make a batch.
         *
         * @param maxActions at least 1
         * @return this builder
         */
        public Builder actions(int maxActions) {
            this.actions = maxActions;
            return this;
        }

        /**
         * Sets after what time a smaller batch is sent.
         *
         * @param interval at least 1
         * @param unit its unit
         * @return this builder
         */
        public Builder interval(int interval, TimeUnit unit) {
            return interval(interval, 0, unit);
        }

        /**
         * Sets after what time a smaller batch is sent, and by how much that is put off at random.
         *
         * @param flushInterval at least 1
         * @param jitterInterval at least 0
         * @param unit the unit of both
         * @return this builder
         */
        public Builder interval(int flushInterval, int jitterInterval, TimeUnit unit) {
            this.flushInterval = flushInterval;
            this.jitterInterval = jitterInterval;
            this.flushIntervalUnit = unit;
            return this;
        }

        /**
         * Sets how many points of failed batches are kept to be sent again; none unless that is more than a batch has.
         *
         * @param bufferLimit at least 0
         * @return this builder
         */
        public Builder bufferLimit(int bufferLimit) {
            this.bufferLimit = bufferLimit;
            return this;
        }

        /**
         * Sets who is told of points that will not be sent again.
         *
         * @param handler is handed the points and why
         * @return this builder
         */
        public Builder exceptionHandler(BiConsumer<Iterable<Point>, Throwable> handler) {
            this.exceptionHandler = handler;
            return this;
        }

        /**
         * Sets whether a point that finds the queue full is dropped; else its writer waits.
         *
         * @param dropActionsOnQueueExhaustion true to drop it
         * @return this builder
         */
        public Builder dropActionsOnQueueExhaustion(boolean dropActionsOnQueueExhaustion) {
            this.dropActionsOnQueueExhaustion = dropActionsOnQueueExhaustion;
            return this;
        }

        /**
         * Sets who is told of a point that was dropped because the queue was full.
         *
         * @param droppedActionHandler is handed the point
         * @return this builder
         */
        public Builder droppedActionHandler(Consumer<Point> droppedActionHandler) {
            this.droppedActionHandler = droppedActionHandler;
            return this;
        }

        /**
         * Sets the level of the batches.
         *
         * @param consistencyLevel the level; null for {@link ConsistencyLevel#ONE}
         * @return this builder
         */
        public Builder consistencyLevel(ConsistencyLevel consistencyLevel) {
            ConsistencyLevel level = consistencyLevel == null ? ConsistencyLevel.ONE : consistencyLevel;
            return levelOf(() -> level);
        }

        /** Sets where each batch asks for its level. */
        Builder levelOf(Supplier<ConsistencyLevel> level) {
            this.consistencyLevel = level;
            return this;
        }

        /**
         * Sets the unit in which times are sent.
         *
         * @param precision the unit; null for nanoseconds
         * @return this builder
         */
        public Builder precision(TimeUnit precision) {
            this.precision = precision;
            return this;
        }

        /**
         * Makes the processor and starts its thread.
         *
         * @return the processor
         * @throws IllegalArgumentException if a number is out of its range
         */
        public BatchProcessor build() {
            Objects.requireNonNull(influxDB, "influxDB");
            Preconditions.checkPositiveNumber(actions, "actions");
            Preconditions.checkPositiveNumber(flushInterval, "flushInterval");
            Preconditions.checkNotNegativeNumber(jitterInterval, "jitterInterval");
            Preconditions.checkNotNegativeNumber(bufferLimit, "bufferLimit");
            Objects.requireNonNull(flushIntervalUnit, "flushIntervalUnit");
            Objects.requireNonNull(threadFactory, "threadFactory");
            Objects.requireNonNull(exceptionHandler, "exceptionHandler");
            return new BatchProcessor(this);
        }
    }
}
