package io.influxclient.internal;

import io.influxclient.InfluxClient;
import io.influxclient.LineProtocol;
import io.influxclient.WriteOptions;
import io.influxclient.WriteResult;

/** What the other modules of this project may do with a client and applications may not. */
public abstract class Access {

    private static volatile Access access;

    /** For the one implementation. */
    protected Access() {}

    /** Called once by the class that keeps what is accessed private. */
    public static void set(Access implementation) {
        access = implementation;
    }

    /** The implementation. */
    public static Access get() {
        if (access == null) {
            try {
                Class.forName(InfluxClient.class.getName(), true, InfluxClient.class.getClassLoader());
            } catch (ClassNotFoundException e) {
                throw new IllegalStateException("a class is not found that is there", e);
            }
        }
        return access;
    }

    /** The native side of a client. */
    public abstract NativeClient nativeClient(InfluxClient client);

    /**
     * As {@link InfluxClient#write(LineProtocol, WriteOptions)}, but an interrupt that comes once it has begun does not
     * end it, and stays set.
     */
    public abstract WriteResult writeToItsEnd(InfluxClient client, LineProtocol lines, WriteOptions options);

    /** The exception of a write error frame, which is read to its end. */
    public abstract RuntimeException writeError(FrameReader frame);
}
