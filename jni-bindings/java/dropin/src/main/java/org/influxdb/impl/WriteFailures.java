package org.influxdb.impl;

import java.io.IOException;

import org.influxdb.InfluxDBException;
import org.influxdb.InfluxDBIOException;

final class WriteFailures {

    private WriteFailures() {}

    static InfluxDBException ofReply(Transport.Exchange reply, SmallBody body, LineWrite write) {
        return InfluxDBException.buildExceptionForErrorState(body.text());
    }

    static InfluxDBException ofNoReply(IOException failure, boolean bodyWasAskedFor, LineWrite write) {
        return new InfluxDBIOException(failure);
    }
}
