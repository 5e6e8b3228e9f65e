package io.influxclient.internal;

import java.net.URL;
import java.net.URLClassLoader;

/** Loads the library, for tests that need a JVM of their own: with {@code twice} in two class loaders. */
final class LoadIt {

    private LoadIt() {}

    /** Prints {@code loaded} or the error. */
    public static void main(String[] arguments) throws Exception {
        try {
            ClientLibrary.load();
            if (arguments.length > 0 && arguments[0].equals("twice")) {
                inAnotherLoader();
            }
            System.out.println("loaded, version " + Native.abiVersion());
        } catch (UnsatisfiedLinkError e) {
            System.out.println(e.getMessage());
        }
    }

    /** Loads the library for a class loader that has these classes of its own. */
    private static void inAnotherLoader() throws Exception {
        URL classes = ClientLibrary.class.getProtectionDomain().getCodeSource().getLocation();
        try (URLClassLoader loader = new URLClassLoader(new URL[] {classes}, ClassLoader.getPlatformClassLoader())) {
            Class<?> other = Class.forName(ClientLibrary.class.getName(), true, loader);
            if (other == ClientLibrary.class) {
                throw new IllegalStateException("the same class");
            }
            try {
                other.getMethod("load").invoke(null);
            } catch (java.lang.reflect.InvocationTargetException e) {
                throw (UnsatisfiedLinkError) e.getCause();
            }
        }
    }
}
