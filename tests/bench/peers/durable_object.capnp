# workerd with one class of Durable Objects, stored on the local disk. workerd opens their SQLite in WAL mode and leaves
# `synchronous` at SQLite's own FULL; a worker may not set either.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "sessions", worker = .sessions),
    (name = "storage", disk = (writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "sessions")],
);

const sessions :Workerd.Worker = (
  modules = [(name = "durable_object.mjs", esModule = embed "durable_object.mjs")],
  compatibilityDate = "2026-01-01",
  durableObjectNamespaces = [(className = "Session", uniqueKey = "rejoinder-bench", enableSql = true)],
  durableObjectStorage = (localDisk = "storage"),
  bindings = [(name = "sessions", durableObjectNamespace = "Session")],
);
