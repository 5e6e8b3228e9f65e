package org.influxdb.querybuilder;

/** A {@code SELECT} that may read from another query. */
public interface SelectWithSubquery extends Select, WithSubquery, QueryStringBuilder {}
