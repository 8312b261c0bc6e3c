# The daily commands; `just` lists them. https://just.systems

# Lists these commands.
default:
    @just --list

# Checks form, lints and documentation.
check:
    cargo fmt --check
    cargo clippy --locked --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items

# Runs the tests; or some: just test cli transition.
test target="" *filter:
    cargo test --locked {{ if target == "" { "" } else { "--test " + target } }} {{ filter }}

# Everything that must hold before a change lands.
ci:
    .ci/run

# Plays N worlds of clones (see tests/sync/simulation.rs).
simulate worlds="100" seed="1":
    LEDGER_SIMULATIONS={{ worlds }} LEDGER_SIMULATION_SEED={{ seed }} cargo test --locked --profile quick --test sync whatever_is_done -- --nocapture

# Fails every call of every command in every way.
faults:
    LEDGER_FAULTS=all cargo test --locked --profile quick --test faults -- --nocapture

# Fuzzes a parser for some seconds, for example: just fuzz packet 600.
fuzz target seconds="60":
    cd fuzz && RUSTC_BOOTSTRAP=1 cargo fuzz run {{ target }} --sanitizer none -- -max_total_time={{ seconds }}

# Measures (see docs/performance.md).
bench name="process":
    cargo bench --bench {{ name }}

# Makes the packages and tries them: Debian's, and a wheel.
packages:
    tests/packages/run
