package io.influxclient.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Test runners and build tools load classes more than once into a JVM. */
class ClassLoadersTest {

    /** Each loader has a library of its own, clusters of its own, and exceptions of its own classes. */
    @Test
    void everyClassLoaderHasClustersOfItsOwn() throws Exception {
        try (URLClassLoader loader = loader();
                TestCluster ours =
                        TestCluster.builder().meta(1).data(1).database("app").start()) {
            Class<?> theirs = loader.loadClass(TestCluster.class.getName());
            assertNotSame(TestCluster.class, theirs);
            Object builder = theirs.getMethod("builder").invoke(null);
            Object cluster = builder.getClass().getMethod("start").invoke(builder);
            assertEquals("TestCluster[1.8, 3 data nodes]", cluster.toString());
            InvocationTargetException thrown = assertThrows(
                    InvocationTargetException.class, () -> theirs.getMethod("createDatabase", String.class, int.class)
                            .invoke(cluster, "", 1));
            assertEquals(
                    ClusterException.class.getName(),
                    thrown.getCause().getClass().getName());
            assertSame(loader, thrown.getCause().getClass().getClassLoader());
            theirs.getMethod("close").invoke(cluster);
            assertEquals("TestCluster[closed]", cluster.toString());
            assertEquals(2, ours.nodes().size());
        }
    }

    /** One that has nothing from the loader of this class. */
    private static URLClassLoader loader() throws MalformedURLException {
        List<URL> urls = new ArrayList<>();
        for (String path : System.getProperty("java.class.path").split(File.pathSeparator)) {
            urls.add(new File(path).toURI().toURL());
        }
        return new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
    }
}
