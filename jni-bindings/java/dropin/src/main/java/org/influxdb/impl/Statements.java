package org.influxdb.impl;

/** The statements behind the methods for databases and retention policies, as influxdb-java spells them. */
final class Statements {

    static final String SHOW_DATABASES = "SHOW DATABASES";

    private Statements() {}

    static String createDatabase(String name) {
        return "CREATE DATABASE " + quoted(name);
    }

    static String dropDatabase(String name) {
        return "DROP DATABASE " + quoted(name);
    }

    static String createRetentionPolicy(
            String name, String database, String duration, String shardDuration, int replication, boolean isDefault) {
        StringBuilder statement = new StringBuilder("CREATE RETENTION POLICY ")
                .append(quoted(name))
                .append(" ON ")
                .append(quoted(database))
                .append(" DURATION ")
                .append(duration)
                .append(" REPLICATION ")
                .append(replication);
        if (shardDuration != null && !shardDuration.isEmpty()) {
            statement.append(" SHARD DURATION ").append(shardDuration);
        }
        if (isDefault) {
            statement.append(" DEFAULT");
        }
        return statement.toString();
    }

    static String dropRetentionPolicy(String name, String database) {
        return "DROP RETENTION POLICY " + quoted(name) + " ON " + quoted(database);
    }

    /** Influxdb-java escapes nothing, so that a name can end the quotes. */
    private static String quoted(String name) {
        if (Legacy.isOn()) {
            return "\"" + name + "\"";
        }
        return "\""
                + String.valueOf(name)
                        .replace("\\", "\\\\")
                        .replace("\"", "\\\"")
                        .replace("\n", "\\n") + "\"";
    }
}
