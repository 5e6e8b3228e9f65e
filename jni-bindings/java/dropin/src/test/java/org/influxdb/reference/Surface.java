package org.influxdb.reference;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What is different for a caller or a subclass between a class of the library and ours of that name. */
final class Surface {

    private final Class<?> theirs;
    private final Class<?> ours;
    private final List<String> differences = new ArrayList<>();

    private Surface(final Class<?> theirs, final Class<?> ours) {
        this.theirs = theirs;
        this.ours = ours;
    }

    /** Whether code outside the library can name a class. */
    static boolean isVisible(final Class<?> type) {
        for (Class<?> c = type; c != null; c = c.getEnclosingClass()) {
            if (!isVisible(c.getModifiers()) || c.isAnonymousClass() || c.isLocalClass()) {
                return false;
            }
        }
        return true;
    }

    private static boolean isVisible(final int modifiers) {
        return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
    }

    static List<String> differences(final Class<?> theirs, final Class<?> ours) {
        Surface surface = new Surface(theirs, ours);
        surface.type();
        surface.constructors();
        surface.methods();
        surface.fields();
        return surface.differences;
    }

    private void differ(final String what, final Object expected, final Object found) {
        if (!Objects.equals(expected, found)) {
            differences.add(theirs.getName() + " " + what + ": " + expected + ", ours: " + found);
        }
    }

    private void type() {
        int flags = Modifier.ABSTRACT
                | Modifier.FINAL
                | Modifier.INTERFACE
                | Modifier.STATIC
                | Modifier.PUBLIC
                | Modifier.PROTECTED;
        differ(
                "flags",
                Modifier.toString(theirs.getModifiers() & flags),
                Modifier.toString(ours.getModifiers() & flags));
        differ("annotations", annotations(theirs), annotations(ours));
        differ("type parameters", types(theirs.getTypeParameters()), types(ours.getTypeParameters()));
        Set<String> missing = superTypes(theirs);
        missing.removeAll(superTypes(ours));
        differ("super types that ours has not", Set.of(), missing);
        if (theirs.isEnum()) {
            differ("constants", Arrays.toString(theirs.getEnumConstants()), Arrays.toString(ours.getEnumConstants()));
        }
    }

    /** Every visible class and interface above, with type arguments where it is a direct one. */
    private static Set<String> superTypes(final Class<?> type) {
        Set<String> all = new TreeSet<>();
        for (Class<?> c = type; c != null; c = c.getSuperclass()) {
            if (isVisible(c)) {
                all.add(c.getName());
            }
            addInterfaces(all, c);
        }
        Stream.concat(Stream.of(type.getGenericInterfaces()), Stream.ofNullable(type.getGenericSuperclass()))
                .map(Type::getTypeName)
                .forEach(all::add);
        return all;
    }

    private static void addInterfaces(final Set<String> all, final Class<?> type) {
        for (Class<?> i : type.getInterfaces()) {
            if (isVisible(i)) {
                all.add(i.getName());
            }
            addInterfaces(all, i);
        }
    }

    private void constructors() {
        Map<String, Constructor<?>> found = new LinkedHashMap<>();
        for (Constructor<?> constructor : ours.getDeclaredConstructors()) {
            if (isVisible(constructor.getModifiers())) {
                found.put(descriptor(constructor), constructor);
            }
        }
        for (Constructor<?> expected : theirs.getDeclaredConstructors()) {
            if (isVisible(expected.getModifiers())) {
                Constructor<?> constructor = found.remove(descriptor(expected));
                if (constructor == null) {
                    differ(descriptor(expected), "is there", "missing");
                } else {
                    executable(expected, constructor);
                }
            }
        }
        differ("constructors that the library has not", Set.of(), found.keySet());
    }

    private void methods() {
        Map<String, Method> expected = methods(theirs);
        Map<String, Method> found = methods(ours);
        expected.forEach((descriptor, method) -> {
            Method same = found.get(descriptor);
            if (same == null) {
                differ(descriptor, "is there", "missing");
            } else {
                executable(method, same);
                differ(descriptor + " is default", method.isDefault(), same.isDefault());
                if (theirs.isAnnotation()) {
                    differ(descriptor + " default", text(method.getDefaultValue()), text(same.getDefaultValue()));
                }
            }
        });
        // One more abstract method breaks whoever implements the type.
        found.forEach((descriptor, method) -> {
            if (Modifier.isAbstract(method.getModifiers()) && !expected.containsKey(descriptor)) {
                differ(descriptor, "is not there", "abstract");
            }
        });
    }

    /** What a call that names the type links to: its own methods before those of the types above. */
    private static Map<String, Method> methods(final Class<?> type) {
        Map<String, Method> all = new TreeMap<>();
        collect(all, type);
        return all;
    }

    private static void collect(final Map<String, Method> all, final Class<?> type) {
        if (type == null || !type.getName().startsWith("org.influxdb.")) {
            return;
        }
        for (Method method : type.getDeclaredMethods()) {
            boolean made = method.isSynthetic() && !method.isBridge();
            if (isVisible(method.getModifiers()) && !made) {
                all.putIfAbsent(descriptor(method), method);
            }
        }
        collect(all, type.getSuperclass());
        for (Class<?> i : type.getInterfaces()) {
            collect(all, i);
        }
    }

    private void executable(final Executable expected, final Executable found) {
        String descriptor = descriptor(expected);
        int flags = Modifier.STATIC | Modifier.FINAL | Modifier.ABSTRACT | Modifier.PUBLIC | Modifier.PROTECTED;
        differ(
                descriptor + " flags",
                Modifier.toString(expected.getModifiers() & flags),
                Modifier.toString(found.getModifiers() & flags));
        differ(descriptor + " varargs", expected.isVarArgs(), found.isVarArgs());
        differ(descriptor + " throws", names(expected.getExceptionTypes()), names(found.getExceptionTypes()));
        differ(descriptor + " annotations", annotations(expected), annotations(found));
        differ(descriptor + " type parameters", types(expected.getTypeParameters()), types(found.getTypeParameters()));
        differ(
                descriptor + " parameters",
                types(expected.getGenericParameterTypes()),
                types(found.getGenericParameterTypes()));
        if (expected instanceof Method) {
            differ(
                    descriptor + " returns",
                    ((Method) expected).getGenericReturnType().getTypeName(),
                    ((Method) found).getGenericReturnType().getTypeName());
        }
    }

    private void fields() {
        for (Field expected : theirs.getDeclaredFields()) {
            if (!isVisible(expected.getModifiers()) || expected.isSynthetic()) {
                continue;
            }
            Field found;
            try {
                found = ours.getDeclaredField(expected.getName());
            } catch (NoSuchFieldException e) {
                differ(expected.getName(), "is there", "missing");
                continue;
            }
            differ(
                    expected.getName() + " flags",
                    Modifier.toString(expected.getModifiers()),
                    Modifier.toString(found.getModifiers()));
            differ(
                    expected.getName() + " type",
                    expected.getGenericType().getTypeName(),
                    found.getGenericType().getTypeName());
            differ(expected.getName() + " annotations", annotations(expected), annotations(found));
            if (isConstant(expected)) {
                differ(expected.getName() + " value", value(expected), value(found));
            }
        }
    }

    /** Whether the compiler copies a field's value into the classes that use it. */
    private static boolean isConstant(final Field field) {
        int modifiers = field.getModifiers();
        return Modifier.isStatic(modifiers)
                && Modifier.isFinal(modifiers)
                && (field.getType().isPrimitive() || field.getType() == String.class);
    }

    private static Object value(final Field field) {
        try {
            field.setAccessible(true);
            return field.get(null);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String descriptor(final Executable executable) {
        String result = executable instanceof Method
                ? ((Method) executable).getReturnType().getName()
                : "";
        return ((Member) executable).getName() + names(executable.getParameterTypes()) + result;
    }

    private static String names(final Class<?>[] types) {
        return Stream.of(types).map(Class::getName).collect(Collectors.joining(",", "(", ")"));
    }

    private static String types(final Type[] types) {
        return Stream.of(types).map(Surface::typeText).collect(Collectors.joining(",", "<", ">"));
    }

    private static String typeText(final Type type) {
        if (type instanceof java.lang.reflect.TypeVariable) {
            java.lang.reflect.TypeVariable<?> variable = (java.lang.reflect.TypeVariable<?>) type;
            return variable.getName() + " extends "
                    + Stream.of(variable.getBounds()).map(Type::getTypeName).collect(Collectors.joining("&"));
        }
        return type.getTypeName();
    }

    private static Set<String> annotations(final AnnotatedElement element) {
        return Stream.of(element.getDeclaredAnnotations())
                .map(Annotation::toString)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String text(final Object value) {
        return value instanceof Object[] ? Arrays.deepToString((Object[]) value) : String.valueOf(value);
    }
}
