package org.influxdb.querybuilder.clauses;

import org.influxdb.querybuilder.Appendable;

/** A condition, or a part of one. */
public interface Clause extends Appendable {}
