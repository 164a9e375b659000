# The node in a container: the package of a release, made of this checkout, and nothing else.
# docs/operators.md tells how it is run; config/compose has it with Prometheus and Grafana.

FROM node:24.18.0-bookworm@sha256:5711a0d445a1af54af9589066c646df387d1831a608226f4cd694fc59e745059 AS release
WORKDIR /checkout
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY README.md node.config.example.yaml signer.config.example.yaml ./
COPY tsconfig.json tsconfig.build.json tsconfig.page.json ./
COPY config ./config
COPY contracts ./contracts
COPY scripts ./scripts
COPY src ./src
COPY types ./types
RUN node --import tsx scripts/pack.ts --out /release

FROM node:24.18.0-bookworm@sha256:5711a0d445a1af54af9589066c646df387d1831a608226f4cd694fc59e745059 AS installed
WORKDIR /opt/dodona
COPY --from=release /release/ /release/
RUN tar -xzf /release/dodona-*.tgz --strip-components=1
RUN npm ci --omit=dev --ignore-scripts
# Compiled here with the headers of this very Node, instead of a download that no lock file knows.
RUN npm_config_build_from_source=true npm_config_nodedir=/usr/local npm rebuild better-sqlite3

FROM node:24.18.0-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d AS node
# What only installs packages has no business where keys are.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /opt/yarn-*
RUN install -d -m 0700 -o 10001 -g 10001 /data
RUN install -d -m 0755 /etc/dodona
COPY --from=installed /opt/dodona /opt/dodona
RUN ln -s /opt/dodona/dist/cli/dodona.js /usr/local/bin/dodona
ENV NODE_ENV=production
# node.config.yaml is mounted here, so that every command finds it. It names files of passwords,
# never passwords; those are mounted as secrets.
WORKDIR /etc/dodona
VOLUME ["/data"]
EXPOSE 7411
STOPSIGNAL SIGTERM
USER 10001:10001
HEALTHCHECK --interval=30s --timeout=10s --start-period=2m --retries=3 \
  CMD ["/usr/local/bin/node", "/opt/dodona/dist/cli/dodona.js", "health"]
ENTRYPOINT ["/usr/local/bin/node", "/opt/dodona/dist/cli/dodona.js"]
CMD ["start"]
