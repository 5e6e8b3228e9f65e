package org.influxdb.impl;

import java.util.List;
import org.influxdb.dto.Point;

/** Points that will not be sent again, and why. Immutable. */
final class HandOver {

    final List<Point> points;
    final Throwable failure;

    HandOver(List<Point> points, Throwable failure) {
        this.points = points;
        this.failure = failure;
    }
}
