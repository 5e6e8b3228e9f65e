package io.influxclient;

/**
 * The batch needs a new shard group, and the meta nodes could not make it. The meta nodes have no leader, or cannot
 * be reached.
 *
 * <p>Is anything stored? {@link Outcome#NOT_STORED}: no, not even the points of shard groups that exist. Send again
 * once the meta nodes have a leader. (Of a batch that went in several requests, this is about the one that failed;
 * {@link #outcome()} is about all of it.)
 *
 * <p>Class {@code meta-unavailable}.
 */
public final class MetaUnavailableException extends WriteException {

    private static final long serialVersionUID = 1L;

    MetaUnavailableException(WriteFailure failure) {
        super(failure);
    }
}
