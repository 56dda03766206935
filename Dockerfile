# syntax=docker/dockerfile:1
# docker build .                 the image: one static program on distroless, user 65532
# docker build --target test .   runs make check, as CI does on its own machine
# docker build --target dev .    what people develop in (.devcontainer)

FROM --platform=$BUILDPLATFORM node:22-bookworm-slim AS node

FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS source
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download

# The web UI is the same for every machine.
FROM node AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY web ./
RUN npm run build

FROM source AS build
ARG VERSION=dev
ARG TARGETOS
ARG TARGETARCH
COPY cmd ./cmd
COPY internal ./internal
COPY --from=web /src/internal/adapters/webui/dist ./internal/adapters/webui/dist
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /out/rouse ./cmd/rouse \
    && mkdir /out/data

# Go, Node and the programs that tests start.
FROM source AS dev
COPY --from=node /usr/local/bin/node /usr/local/bin/
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
COPY scripts/parts.sh scripts/
RUN apt-get update -q && sh scripts/parts.sh && rm -rf /var/lib/apt/lists/*

FROM dev AS test
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache make check

# With certificates and time zones, without a shell.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /out/rouse /rouse
ENV ROUSE_DATABASE_URL=sqlite:/data/rouse.db
VOLUME /data
EXPOSE 8080
USER 65532:65532
ENTRYPOINT ["/rouse"]
CMD ["serve"]
