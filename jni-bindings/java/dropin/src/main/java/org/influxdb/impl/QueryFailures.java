package org.influxdb.impl;

import java.io.ByteArrayInputStream;
import org.influxdb.InfluxDBException;
import org.influxdb.Refusal;

/** Which exception a refused query ends in. */
final class QueryFailures {

    private QueryFailures() {}

    /** Reads the body. The server's words decide, and where they tell nothing its status. */
    static InfluxDBException ofReply(Transport.Exchange reply, boolean messagePack) {
        SmallBody body = SmallBody.of(reply.body());
        InfluxDBException byText;
        String type = reply.header("Content-Type");
        if (messagePack && (type == null || !type.contains("json"))) {
            byText = InfluxDBException.buildExceptionForErrorState(new ByteArrayInputStream(body.bytes));
        } else {
            byText = InfluxDBException.buildExceptionForErrorState(body.text());
        }
        if (Legacy.isOn()) {
            return byText;
        }
        String text = byText.getMessage();
        if (text == null || text.isEmpty()) {
            String header = reply.header("X-Influxdb-Error");
            text = header == null ? "HTTP status " + reply.status() : header;
        }
        if (reply.status() == 401 || reply.status() == 403) {
            return Refusal.AUTHORIZATION_FAILED.exception(text, null, false);
        }
        if (byText.getClass() != InfluxDBException.class) {
            return byText;
        }
        return Refusal.OTHER.exception(text, null, mayPass(reply.status()));
    }

    private static boolean mayPass(int status) {
        return status >= 500 || status == 408 || status == 429;
    }
}
