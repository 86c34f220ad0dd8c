# One image for every process: `node dist/<entry>.js` (subgraphs/<domain>/main, gateway/main) or the command line, cli/run.
FROM node:24.11.1-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --include=dev
COPY . .
RUN npm run build

FROM node:24.11.1-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production NOVACRON_ENV=production NODE_OPTIONS=--max-semi-space-size=64
COPY --from=build /app/dist ./dist
# A new volume of these names takes the folder's owner.
RUN mkdir /checkpoints /hypervisor && chown node /checkpoints /hypervisor
# By its number, which an orchestrator can tell from root.
USER 1000:1000
CMD ["node", "dist/gateway/main.js"]
