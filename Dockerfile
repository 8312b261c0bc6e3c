# A small image with the static program, git and OpenSSH (for sync and signatures), and no root.
#
#   docker build -t ledger .
#   docker run --rm -v "$PWD":/work ledger list
FROM rust:1.95-alpine AS build
RUN apk add --no-cache musl-dev
WORKDIR /src
COPY Cargo.toml Cargo.lock README.md ./
COPY docs docs
COPY src src
COPY schemas schemas
COPY benches benches
COPY examples examples
COPY tests/system/next.rs tests/system/next.rs
# Alpine's own target is musl: the program needs no libraries.
RUN cargo build --release --locked --bin ledger && cp target/release/ledger /ledger

FROM alpine:3.22
RUN apk add --no-cache git openssh-client-default \
    && adduser -D -u 10001 ledger \
    # The work tree belongs to whoever mounts it.
    && git config --system --add safe.directory '*'
COPY --from=build /ledger /usr/local/bin/ledger
COPY ci/gate /usr/local/bin/ledger-gate
USER ledger
WORKDIR /work
ENTRYPOINT ["ledger"]
CMD ["--help"]
