#!/usr/bin/env bash
# What has to hold before a release, beside what `verify` checks: every feature builds alone, the oldest Rust that
# Cargo.toml promises builds it, dependencies are of allowed licences and sources, and the packages are complete.
# Tools and toolchains that cannot be had are named and passed over; whatever runs must pass. Changes nothing in the tree.
set -euo pipefail
cd "$(dirname "$0")/.."

manifest=client/Cargo.toml
oldest=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)

for feature in "" $(sed -n '/^\[features\]/,/^\[dep/s/^\([a-z_-]*\) = .*/\1/p' "$manifest"); do
	echo "feature: ${feature:-none}"
	cargo clippy --quiet --locked -p influx-client --no-default-features --features "$feature" -- -D warnings
done

if command -v rustup >/dev/null && rustup toolchain install "$oldest" --profile minimal >/dev/null 2>&1; then
	echo "oldest Rust: $oldest"
	cargo "+$oldest" check --quiet --locked -p influx-client --all-features --target-dir "target/rust-$oldest"
	cargo "+$oldest" check --quiet --locked --workspace --target-dir "target/rust-$oldest"
else
	echo "passed over: Rust $oldest cannot be installed here"
fi

if cargo deny --version >/dev/null 2>&1; then
	echo "licences, bans, sources"
	cargo deny --locked --log-level error check licenses bans sources
	# The list of advisories is fetched; without a network the others still count.
	if cargo deny fetch db >/dev/null 2>&1; then
		cargo deny --locked --log-level error check advisories
	else
		echo "passed over: the list of advisories cannot be fetched"
	fi
else
	echo "passed over: cargo-deny is not installed"
fi

packages=(-p influx-client)
[ -d client/derive ] && packages=(-p influx-client-derive "${packages[@]}")
echo "packages: ${packages[*]}"
cargo package --quiet --locked --allow-dirty "${packages[@]}"
