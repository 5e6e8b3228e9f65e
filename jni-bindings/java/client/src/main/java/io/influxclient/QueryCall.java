package io.influxclient;

import io.influxclient.internal.Completion;
import io.influxclient.internal.FrameReader;

/** One query whose answer comes as a whole. */
final class QueryCall extends Call<QueryResult> {

    private final Precision precision;

    QueryCall(InfluxClient client, Precision precision) {
        super(client, null);
        this.precision = precision;
    }

    @Override
    QueryResult decode(int kind, FrameReader body) {
        switch (kind) {
            case Completion.QUERY_RESPONSE:
                return new QueryResult(body, precision).checked();
            case Completion.QUERY_ERROR:
                throw new QueryException(body);
            case Completion.CANCELLED:
                throw QueryException.interrupted();
            default:
                throw new InternalException("a query cannot end with completion " + kind);
        }
    }
}
