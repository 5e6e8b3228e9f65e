#!/usr/bin/env bash
# Makes the jars of a release in target/release-jars: the client with the native library of each platform named, one more jar
# for each platform with its library alone, the drop-in, and their SHA-256.
#
#   jni-bindings/release.sh [TARGET…]     cargo targets; this machine's, if none is named
#
# Each target needs `rustup target add TARGET` and a linker and C compiler for it (for musl Debian's musl-tools; the usual
# variables, such as CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER, name others). Needs a JDK and Maven, too.
set -euo pipefail
cd "$(dirname "$0")/.."

for need in cargo rustc mvn jar java sha256sum; do
	command -v "$need" >/dev/null || {
		echo "release: $need is missing" >&2
		exit 1
	}
done
fail() {
	echo "release: $1" >&2
	exit 1
}

host=$(rustc -vV | sed -n 's/^host: //p')
[ $# -gt 0 ] || set -- "$host"
version=$(sed -n '/<parent>/,$d; s|.*<version>\(.*\)</version>.*|\1|p' jni-bindings/java/pom.xml | head -1)
out=target/release-jars
stage="$out/stage"
rm -rf "$out"
mkdir -p "$stage"

# A cargo target by the name that the loader looks for, and the file name of a library there.
platform() {
	local arch os libc=""
	arch=${1%%-*}
	case "$1" in
	*-linux-*) os=linux ;;
	*-apple-darwin) os=macos ;;
	*-windows-*) os=windows ;;
	*) fail "no name for the platform of $1" ;;
	esac
	case "$1" in *-musl*) libc=-musl ;; esac
	echo "$os-$arch$libc"
}
library() {
	case "$1" in
	*-windows-*) echo influx_jni.dll ;;
	*-apple-darwin) echo libinflux_jni.dylib ;;
	*) echo libinflux_jni.so ;;
	esac
}

for target in "$@"; do
	echo "native library for $(platform "$target")"
	flags=${RUSTFLAGS:-}
	# A library for the JVM is loaded into a process that has its libc already.
	case "$target" in *-musl*) flags="$flags -C target-feature=-crt-static" ;; esac
	# Panics still unwind: a defect must end as an exception, not end the JVM.
	RUSTFLAGS=$flags cargo build --quiet --locked --release -p influx-jni --target "$target" \
		--config 'profile.release.strip="symbols"'
	mkdir -p "$stage/native/$(platform "$target")"
	cp "${CARGO_TARGET_DIR:-target}/$target/release/$(library "$target")" "$stage/native/$(platform "$target")/"
done

echo "jars"
mvn --quiet --batch-mode --no-transfer-progress -f jni-bindings/java/pom.xml -DskipTests -Dexec.skip \
	-Dcargo.output=none -pl client,dropin -am package
cp "jni-bindings/java/client/target/influx-client-$version.jar" "$out/"
cp "jni-bindings/java/dropin/target/influxdb-java-dropin-$version.jar" "$out/"
jar --update --file "$out/influx-client-$version.jar" -C "$stage" native
for target in "$@"; do
	name=$(platform "$target")
	jar --create --file "$out/influx-client-$version-$name.jar" -C "$stage" "native/$name"
done
rm -r "$stage"

echo "checks"
case " $* " in
*" $host "*)
	told=$(java -cp "$out/influx-client-$version.jar" io.influxclient.internal.NativeVersion) ||
		fail "the library of this machine does not load from the jar"
	echo "  loads: $told"
	;;
esac
(cd "$out" && sha256sum -- *.jar | tee SHA256SUMS && ls -l -- *.jar | awk '{ print $5, $9 }')
