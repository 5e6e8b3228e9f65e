package modular;

import io.influxclient.InfluxClient;
import io.influxclient.PointBatch;
import io.influxclient.UnreachableException;

/** A program of its own, in no package of the client: writes to the address given and prints what came of it. */
public final class Program {

    private Program() {}

    /** With {@code hook} as the second argument, writes when the JVM ends. */
    public static void main(String[] arguments) {
        System.out.println("module " + InfluxClient.class.getModule().getName());
        InfluxClient client = InfluxClient.builder(arguments[0]).database("db").build();
        if (arguments.length > 1 && arguments[1].equals("hook")) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> write(client)));
        } else {
            write(client);
        }
        // Not closed: nothing of a client keeps the JVM alive.
    }

    private static void write(InfluxClient client) {
        try (PointBatch batch = PointBatch.create()) {
            batch.point("m\u00e4")
                    .tag("k", "\u20ac")
                    .field("s", "\ud83d\ude00 \u0000")
                    .at(1);
            System.out.println(client.write(batch).points() + " written");
        } catch (UnreachableException e) {
            System.out.println("unreachable");
        }
    }
}
