package org.influxdb.impl;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import org.influxdb.InfluxDBIOException;

/** Sends datagrams from one socket, which is opened with the first. Safe for use by many threads. */
final class UdpSender {

    private final InetAddress server;
    private DatagramSocket socket;

    UdpSender(InetAddress server) {
        this.server = server;
    }

    void send(int port, String records) {
        byte[] bytes = records.getBytes(StandardCharsets.UTF_8);
        try {
            socket().send(new DatagramPacket(bytes, bytes.length, server, port));
        } catch (IOException e) {
            throw new InfluxDBIOException(e);
        }
    }

    private synchronized DatagramSocket socket() throws IOException {
        if (socket == null) {
            socket = new DatagramSocket();
        }
        return socket;
    }

    synchronized void close() {
        if (socket != null) {
            socket.close();
        }
    }
}
