package io.influxclient;

import io.influxclient.internal.Completion;
import io.influxclient.internal.FrameReader;
import java.util.List;

/** One ping of every endpoint. */
final class PingCall extends Call<List<Pong>> {

    PingCall(InfluxClient client) {
        super(client, null);
    }

    @Override
    List<Pong> decode(int kind, FrameReader body) {
        switch (kind) {
            case Completion.PONGS:
                return body.list(() -> new Pong(body));
            case Completion.CANCELLED:
                throw QueryException.interrupted();
            default:
                throw new InternalException("a ping cannot end with completion " + kind);
        }
    }
}
