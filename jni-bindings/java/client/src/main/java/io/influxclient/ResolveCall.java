package io.influxclient;

import io.influxclient.internal.Completion;
import io.influxclient.internal.FrameReader;

/** One reading of a batch from its replicas. */
final class ResolveCall extends Call<Resolution> {

    private final Runnable release;

    ResolveCall(InfluxClient client, Runnable release) {
        super(client, null);
        this.release = release;
    }

    @Override
    void ended() {
        release.run();
    }

    @Override
    Resolution decode(int kind, FrameReader body) {
        switch (kind) {
            case Completion.RESOLUTION:
                return new Resolution(body);
            case Completion.QUERY_ERROR:
                throw new QueryException(body);
            case Completion.POINTS_REFUSED:
                throw InvalidPointException.read(body);
            case Completion.CANCELLED:
                throw QueryException.interrupted();
            default:
                throw new InternalException("a resolution cannot end with completion " + kind);
        }
    }
}
