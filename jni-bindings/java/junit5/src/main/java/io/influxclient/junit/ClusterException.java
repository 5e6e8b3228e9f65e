package io.influxclient.junit;

/**
 * A cluster did not do what it was asked: a node did not come up, a statement was refused, or what was waited for did
 * not come. The message says which and why.
 *
 * <p>Mistakes of the caller are other exceptions: {@link IllegalArgumentException} for a node that there is none of, a
 * setting or a fault that this cluster cannot have, {@link IllegalStateException} for a cluster that is closed already.
 */
public class ClusterException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * With what happened.
     *
     * @param message what happened, for people
     */
    public ClusterException(String message) {
        super(message);
    }

    /**
     * With what happened and why.
     *
     * @param message what happened, for people
     * @param cause why
     */
    public ClusterException(String message, Throwable cause) {
        super(message, cause);
    }
}
