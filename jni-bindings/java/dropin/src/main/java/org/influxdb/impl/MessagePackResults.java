package org.influxdb.impl;

/** What MessagePack results are called on the wire. */
final class MessagePackResults {

    static final String MEDIA_TYPE = "application/x-msgpack";

    private MessagePackResults() {}
}
