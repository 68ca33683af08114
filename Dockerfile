# Builder and final image are the same Debian release on purpose: a binary linked against a newer
# glibc does not start on an older one, and plain `rust:1.95` follows Debian's newest release.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked --package duty-ledger --bin duty-ledger

FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="duty-ledger" \
      org.opencontainers.image.description="A verifiable ledger of rule-of-law duties and their compliance" \
      org.opencontainers.image.licenses="Apache-2.0"
# The owner is set before VOLUME: a fresh named volume takes it over, changes after VOLUME are lost.
RUN install --directory --owner=65532 --group=65532 --mode=0700 /data
COPY --from=build /src/target/release/duty-ledger /usr/local/bin/duty-ledger
# The file of the Kubernetes base, so that there is one; mount another over it.
COPY k8s/base/duty-ledger.toml /etc/duty-ledger/duty-ledger.toml
COPY LICENSE /usr/share/doc/duty-ledger/LICENSE
# By number, so that `runAsNonRoot` can be checked without reading the image's passwd.
USER 65532:65532
VOLUME /data
# 50051: the API, on the container's own loopback until there is authentication. 50052: health,
# metrics, and the operators' calls from inside. 50053: checkpoint and tiles, on loopback like the API.
EXPOSE 50051 50052 50053
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/duty-ledger"]
CMD ["serve", "--config", "/etc/duty-ledger/duty-ledger.toml"]
