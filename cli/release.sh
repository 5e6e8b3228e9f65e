#!/usr/bin/env bash
# Makes the archive of a release in target/release-archive: one static program for Linux with its manual, completions,
# schemas and licences, and the archive's SHA-256. The program is tried out before it is packed.
#
# Needs Rust with the target below (`rustup target add`), a C compiler for it (Debian: musl-tools), Python 3, readelf.
set -euo pipefail
cd "$(dirname "$0")/.."

target=x86_64-unknown-linux-musl
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
name="influx-cli-$version-x86_64-linux"
out=target/release-archive
work="$out/$name"

for need in cargo musl-gcc python3 readelf tar gzip sha256sum; do
	command -v "$need" >/dev/null || {
		echo "release: $need is missing" >&2
		exit 1
	}
done

echo "build"
# Panics still unwind: a defect must end in its own exit code, after what was under way is told.
cargo build --quiet --locked --release -p influx-cli --target "$target" --config 'profile.release.strip="symbols"'
program="${CARGO_TARGET_DIR:-target}/$target/release/influx-cli"

echo "checks"
fail() {
	echo "release: $1" >&2
	exit 1
}
! readelf --program-headers --wide "$program" | grep -q INTERP || fail "the program asks for a dynamic loader"
! readelf --dynamic --wide "$program" | grep -q NEEDED || fail "the program asks for shared libraries"
[ "$("$program" --version)" = "influx-cli $version" ] || fail "it tells another version"
"$program" explain 11 >/dev/null || fail "explain does not run"
code=0
"$program" write -q -d db -H http://127.0.0.1:9 --connect-timeout 1s - <<<'m v=1 1' 2>/dev/null || code=$?
[ "$code" = 10 ] || fail "a write to nobody ends with $code, not 10"
if [ "${1:-}" != --quick ]; then
	"$program" demo >/dev/null || fail "the demo does not run"
fi

echo "archive"
rm -rf "$work"
mkdir -p "$work/man/man1" "$work/completions"
cp "$program" LICENSE-APACHE LICENSE-MIT "$work"
cp -r docs schema "$work"
cp examples/weather.lp.gz "$work"
cat >"$work/README.md" <<END
# influx-cli $version

One static program for Linux on x86-64; it needs nothing else.

    install -m 755 influx-cli /usr/local/bin/
    install -D -m 644 -t /usr/local/share/man/man1/ man/man1/*.1
    install -D -m 644 completions/influx-cli.bash /usr/share/bash-completion/completions/influx-cli

\`influx-cli demo\` starts a small cluster on this machine and shows what happens to writes when parts of it fail.
[docs/cli.md](docs/cli.md) is the guide, [docs/outcomes.md](docs/outcomes.md) says what each answer means for the data, and
schema/ describes the JSON lines. Licensed under MIT or Apache-2.0, as you like; THIRD-PARTY has the licences of the libraries
inside.
END
"$program" man --dir "$work/man/man1"
"$program" completions bash >"$work/completions/influx-cli.bash"
"$program" completions zsh >"$work/completions/_influx-cli"
"$program" completions fish >"$work/completions/influx-cli.fish"
"$program" completions powershell >"$work/completions/influx-cli.ps1"
python3 cli/third-party.py "$target" >"$work/THIRD-PARTY"

# The same commit gives the same bytes, whoever packs it and when.
time=$(git log -1 --format=%ct 2>/dev/null || echo 0)
tar --create --directory "$out" --sort=name --owner=0 --group=0 --numeric-owner --mode=u+w,go-w,a+rX --mtime="@$time" \
	"$name" | gzip --no-name -9 >"$out/$name.tar.gz"
(cd "$out" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
rm -r "$work"
printf '%s\n' "program: $(stat --format=%s "$program") bytes" "archive: $(stat --format=%s "$out/$name.tar.gz") bytes" \
	"$out/$name.tar.gz" "$(cat "$out/$name.tar.gz.sha256")"
