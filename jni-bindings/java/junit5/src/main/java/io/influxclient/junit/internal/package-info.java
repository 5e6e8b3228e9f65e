/** The boundary to the native library; not for applications. */
package io.influxclient.junit.internal;
