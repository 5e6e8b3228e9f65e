package io.influxclient;

/**
 * No replica of a shard acknowledged. The owners of a shard could not be reached, or their storage failed.
 *
 * <p>Is anything stored? {@link Outcome#UNKNOWN}: perhaps; a hint may be queued, and other shards of the batch may be
 * stored. Sending again is safe if every point carries a time; otherwise points may be stored twice.
 *
 * <p>Class {@code no-replica}.
 */
public final class NoReplicaException extends WriteException {

    private static final long serialVersionUID = 1L;

    NoReplicaException(WriteFailure failure) {
        super(failure);
    }
}
