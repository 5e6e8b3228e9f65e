package org.influxdb.msgpack;

import java.io.IOException;
import okhttp3.ResponseBody;
import org.influxdb.dto.QueryResult;
import retrofit2.Converter;

/** Reads a result of a query for Retrofit, which the application brings along. Keeps no state. */
public class MessagePackResponseBodyConverter implements Converter<ResponseBody, QueryResult> {

    /** Makes a converter. */
    public MessagePackResponseBodyConverter() {}

    @Override
    public QueryResult convert(ResponseBody value) throws IOException {
        try (ResponseBody body = value) {
            return new MessagePackTraverser().parse(body.byteStream());
        }
    }
}
