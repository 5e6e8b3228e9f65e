/** What a point costs here and in other clients, measured by JMH in the same run. */
package io.influxclient.benchmarks;
