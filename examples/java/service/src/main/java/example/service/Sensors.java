package example.service;

import io.influxclient.AuthException;
import io.influxclient.ConsistencyNotMetException;
import io.influxclient.FieldTypeConflictException;
import io.influxclient.HintedHandoffDeferredException;
import io.influxclient.InfluxClient;
import io.influxclient.LimitException;
import io.influxclient.MalformedException;
import io.influxclient.MetaUnavailableException;
import io.influxclient.NoReplicaException;
import io.influxclient.NotFoundException;
import io.influxclient.Outcome;
import io.influxclient.OutsideRetentionException;
import io.influxclient.OverloadedException;
import io.influxclient.PointBatch;
import io.influxclient.RefusedException;
import io.influxclient.RejectedException;
import io.influxclient.UnreachableException;
import io.influxclient.WriteException;
import io.influxclient.WriteInterruptedException;
import io.influxclient.WriteTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/**
 * Takes readings of sensors and has them stored at level quorum.
 *
 * <p>What comes of a batch is told by the type of an exception. The client has made its attempts by the time one
 * arrives here; what is left is the service's own decision, one for each type. Not for use by several threads.
 */
public final class Sensors implements AutoCloseable {

    /** What became of a batch. */
    public enum Delivery {
        /** Stored at the level asked for. */
        STORED,
        /** In the cluster's hands: it arrives without anybody's doing. */
        ACCEPTED,
        /** Kept here, to be sent again after a pause. */
        KEPT,
        /** Refused for good, as far as it was told; the rest is stored. */
        REFUSED,
        /** Kept here, and nothing more is sent until somebody has put the set-up right. */
        HALTED
    }

    private static final int MOST_KEPT = 1_000;

    private final InfluxClient client;
    private final Consumer<String> operator;
    private final Deque<PointBatch> kept = new ArrayDeque<>();
    private Duration pause = Duration.ZERO;
    private boolean halted;

    /**
     * A service that writes with a client.
     *
     * @param client asks for level quorum; closed by whoever made it
     * @param operator is told what people have to know
     */
    public Sensors(InfluxClient client, Consumer<String> operator) {
        this.client = client;
        this.operator = operator;
    }

    /** A reading with the time it was taken at: so it can be sent twice and is there once. */
    public static PointBatch reading(String sensor, double celsius, Instant at) {
        PointBatch batch = PointBatch.create();
        batch.point("temperature").tag("sensor", sensor).field("celsius", celsius).at(at);
        return batch;
    }

    /**
     * Has a batch stored, or says what became of it.
     *
     * @param batch belongs to this service from now on
     * @return what became of it
     */
    public Delivery deliver(PointBatch batch) {
        if (halted) {
            return keep(batch, pause, Delivery.HALTED);
        }
        try {
            client.write(batch);
            return done(batch, Delivery.STORED);
        } catch (HintedHandoffDeferredException e) {
            // The cluster delivers it. Sending it again would only make its queue longer.
            return done(batch, Delivery.ACCEPTED);
        } catch (ConsistencyNotMetException e) {
            // A replica has it, and hinted handoff brings the rest. From version 0.10 not even that is sure: the outcome
            // is unknown then, and the batch is sent again.
            operator.accept("below level " + e.consistency() + ": " + e.serverMessage().orElse(""));
            return e.outcome() == Outcome.BELOW_LEVEL
                    ? done(batch, Delivery.ACCEPTED)
                    : keep(batch, Duration.ofMinutes(1), Delivery.KEPT);
        } catch (UnreachableException e) {
            // Stored nowhere. Any node will do, once one is there.
            return keep(batch, Duration.ofSeconds(1), Delivery.KEPT);
        } catch (WriteInterruptedException e) {
            // The service is being shut down. Perhaps stored; the thread stays interrupted, and its owner sees to that.
            return keep(batch, Duration.ZERO, Delivery.KEPT);
        } catch (WriteTimeoutException | NoReplicaException e) {
            // Perhaps stored. Each reading has its time, so that it may be sent again.
            return keep(batch, Duration.ofSeconds(5), Delivery.KEPT);
        } catch (OverloadedException e) {
            // Sending soon again is what keeps a server in trouble.
            return keep(batch, Duration.ofSeconds(30), Delivery.KEPT);
        } catch (MetaUnavailableException e) {
            // Readings of this week would still be stored; the first of a new week are not, until the meta nodes agree.
            operator.accept("no meta quorum: " + e.getMessage());
            return keep(batch, Duration.ofSeconds(10), Delivery.KEPT);
        } catch (MalformedException | FieldTypeConflictException | RejectedException e) {
            // Somebody's program is wrong. The points that are named can never be stored; all others are.
            return refused(batch, e);
        } catch (OutsideRetentionException e) {
            // Too old to be kept: nobody needs to know.
            return done(batch, Delivery.REFUSED);
        } catch (LimitException e) {
            // The operator's decision: a higher limit, or fewer series.
            operator.accept("a limit of the server: " + e.getMessage());
            return e.outcome() == Outcome.PARTLY_STORED
                    ? refused(batch, e)
                    : keep(batch, Duration.ofMinutes(5), Delivery.KEPT);
        } catch (AuthException | NotFoundException | RefusedException e) {
            // Nothing that is sent could succeed before somebody has mended the set-up.
            halted = true;
            operator.accept("halted, " + e.advice().id() + ": " + e.getMessage());
            return keep(batch, Duration.ofMinutes(1), Delivery.HALTED);
        }
    }

    private Delivery refused(PointBatch batch, WriteException e) {
        e.lineFailures().forEach(line -> operator.accept("refused: " + line));
        return done(batch, Delivery.REFUSED);
    }

    private Delivery keep(PointBatch batch, Duration pause, Delivery delivery) {
        this.pause = pause;
        kept.add(batch);
        if (kept.size() > MOST_KEPT) {
            operator.accept("given up for want of room: " + kept.peek().points() + " readings");
            kept.remove().close();
        }
        return delivery;
    }

    private Delivery done(PointBatch batch, Delivery delivery) {
        pause = Duration.ZERO;
        batch.close();
        return delivery;
    }

    /** How long to wait before {@link #deliverKept()} is worth it. */
    public Duration pause() {
        return pause;
    }

    /** How many batches are kept here. */
    public int kept() {
        return kept.size();
    }

    /** The set-up was put right. */
    public void goOn() {
        halted = false;
    }

    /**
     * Sends what is kept, oldest first, until one of them is to be kept again.
     *
     * @return what became of the last one that was sent; stored if there was none
     */
    public Delivery deliverKept() {
        Delivery last = Delivery.STORED;
        for (int left = kept.size(); left > 0 && !halted; left--) {
            last = deliver(kept.remove());
            if (last == Delivery.KEPT) {
                // It stands last now; the order does not matter, because every reading has its time.
                return last;
            }
        }
        return last;
    }

    @Override
    public void close() {
        kept.forEach(PointBatch::close);
        kept.clear();
    }
}
