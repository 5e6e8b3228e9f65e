package io.influxclient;

import io.influxclient.internal.FrameReader;
import java.util.Optional;

/** What became of a batch of a {@link BatchWriter}: an acknowledgement or an exception. Immutable. */
public final class Delivery {

    private final WriteResult result;
    private final InfluxException failure;
    private final Outcome outcome;

    Delivery(FrameReader frame) {
        int kind = frame.u8();
        switch (kind) {
            case 0:
                result = new WriteResult(frame);
                failure = null;
                outcome = Outcome.STORED;
                break;
            case 1:
                WriteException write = WriteFailure.read(frame);
                result = null;
                failure = write;
                outcome = write.outcome();
                break;
            case 2:
                String fate = frame.text();
                outcome = Outcome.of(frame.text());
                result = null;
                failure = new DeliveryException(fate, outcome, frame.text());
                break;
            default:
                throw new InternalException("a fate of kind " + kind);
        }
    }

    /**
     * Whether every point was acknowledged.
     *
     * @return whether there is a {@link #result}
     */
    public boolean isAcknowledged() {
        return result != null;
    }

    /**
     * The acknowledgement.
     *
     * @return the result, if every point was acknowledged
     */
    public Optional<WriteResult> result() {
        return Optional.ofNullable(result);
    }

    /**
     * What went wrong.
     *
     * @return a {@link WriteException} or a {@link DeliveryException}, if not every point was acknowledged
     */
    public Optional<InfluxException> failure() {
        return Optional.ofNullable(failure);
    }

    /**
     * What is known of the points.
     *
     * @return the outcome
     */
    public Outcome outcome() {
        return outcome;
    }

    /** The acknowledgement, or the exception thrown. */
    WriteResult get() {
        if (failure != null) {
            throw failure;
        }
        return result;
    }

    @Override
    public String toString() {
        return failure == null ? result.toString() : failure.toString();
    }
}
