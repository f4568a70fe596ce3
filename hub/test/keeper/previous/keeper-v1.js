// hub/src/keeper/main.ts
import { parseArgs } from "node:util";

// hub/src/kernel/keeper-paths.ts
import { createHash } from "node:crypto";
import { lstat, mkdir, realpath } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
var MAX_SOCKET_PATH_BYTES = 100;
var PUBLIC_NAME = "keeper.sock";
var LONGEST_NAME_BYTES = 12;
async function keeperPaths(dataDir) {
  await mkdir(dataDir, { recursive: true, mode: 448 });
  const real = await realpath(dataDir);
  const fits = Buffer.byteLength(real) + 1 + LONGEST_NAME_BYTES <= MAX_SOCKET_PATH_BYTES;
  const socketDir = fits ? real : await shortFolder(real);
  return { dataDir: real, socketDir, socketPath: join(socketDir, PUBLIC_NAME), logPath: join(real, "keeper.log") };
}
async function shortFolder(dataDir) {
  const parent = join("/tmp", `cokernel-${userInfo().uid}`);
  await ownFolder(parent);
  const folder = join(parent, createHash("sha256").update(dataDir).digest("hex").slice(0, 16));
  await ownFolder(folder);
  return folder;
}
async function ownFolder(folder) {
  await mkdir(folder, { recursive: true, mode: 448 });
  const found = await lstat(folder);
  const safe = found.isDirectory() && found.uid === userInfo().uid && (found.mode & 63) === 0;
  if (!safe) throw new Error(`${folder} is not a folder that only you can use: remove it and try again`);
}

// hub/src/keeper/keeper-server.ts
import { createServer } from "node:net";

// proto/src/hub/calls.ts
import { z as z4 } from "zod";

// proto/src/hub/ids.ts
import { z } from "zod";
var opaque = z.string().min(1).max(128);
var KernelId = opaque.brand();
var RunId = opaque.brand();
var BatchId = opaque.brand();
var RequestId = opaque.brand();
var FileId = opaque.brand();
var Epoch = opaque.brand();
var CellId = opaque.brand();
var ParticipantId = opaque.brand();
var DeviceId = z.string().min(16).max(128).brand();
var PromptId = opaque.brand();
var HubId = opaque.brand();

// proto/src/hub/roles.ts
import { z as z2 } from "zod";
var Role = z2.enum(["viewer", "runner", "editor", "owner"]);

// proto/src/hub/views.ts
import { z as z3 } from "zod";
var ClientKind = z3.enum(["page", "terminal", "program"]);
var ParticipantView = z3.object({
  participantId: ParticipantId,
  /** Unique in the room; the hub made it so. */
  name: z3.string(),
  /** A CSS colour, the same for this participant everywhere. */
  color: z3.string(),
  role: Role,
  /** The programs through which this person is here now; empty after the last has left. */
  clients: z3.array(ClientKind)
});
var Author = z3.object({ participantId: ParticipantId, name: z3.string() });
var RunState = z3.enum(["queued", "running", "succeeded", "failed", "cancelled", "lost"]);
var RunTarget = z3.discriminatedUnion("kind", [
  z3.object({ kind: z3.literal("cell"), cellId: CellId }),
  z3.object({ kind: z3.literal("transcript") })
]);
var RunView = z3.object({
  runId: RunId,
  batchId: BatchId,
  author: Author,
  target: RunTarget,
  state: RunState,
  /** SHA-256 (hex) of the pinned source's UTF-8 text. */
  sourceHash: z3.string(),
  queuedAt: z3.string(),
  startedAt: z3.string().nullable(),
  finishedAt: z3.string().nullable(),
  executionCount: z3.number().int().nullable(),
  /** Set when it failed, was cancelled or lost: what to tell a person. */
  reason: z3.string().nullable()
});
var HeldReason = z3.enum(["kernelDied", "runLost", "restarted", "byOwner"]);
var QueueView = z3.object({
  number: z3.number().int().nonnegative(),
  held: HeldReason.nullable(),
  /** The run that the kernel works on. */
  running: RunView.nullable(),
  /** In the order in which they will run. */
  queued: z3.array(RunView)
});
var KernelStatus = z3.enum(["starting", "idle", "busy", "restarting", "dead", "failed"]);
var KernelView = z3.object({
  kernelId: KernelId,
  /** The kernelspec's name, such as `python3`. */
  specName: z3.string(),
  displayName: z3.string(),
  /** As kernel_info says, such as `python`; null until it has answered. */
  language: z3.string().nullable(),
  status: KernelStatus,
  /** For `dead` and `failed`: what happened and the kernel's last stderr. */
  reason: z3.string().nullable()
});
var KernelSpecView = z3.object({ name: z3.string(), displayName: z3.string(), language: z3.string() });
var PromptView = z3.object({
  promptId: PromptId,
  runId: RunId,
  /** Null for a transcript run. */
  cellId: CellId.nullable(),
  /** Who is asked: the run's author. */
  asked: Author,
  text: z3.string(),
  /** The answer must not be shown or kept. */
  password: z3.boolean()
});
var SavingView = z3.discriminatedUnion("state", [
  z3.object({ state: z3.literal("saved"), at: z3.string().nullable() }),
  z3.object({ state: z3.literal("unsaved") }),
  z3.object({ state: z3.literal("saving") }),
  z3.object({ state: z3.literal("failed"), reason: z3.string() })
]);

// proto/src/hub/calls.ts
var HUB_PROTOCOL = 1;
var Hello = z4.object({
  protocol: z4.literal(HUB_PROTOCOL),
  deviceId: DeviceId,
  /** The name that the person would like; the hub makes it unique. Absent: the hub chooses one. */
  name: z4.string().trim().min(1).max(64).optional(),
  client: ClientKind
});
var Welcome = z4.object({
  protocol: z4.literal(HUB_PROTOCOL),
  /** The hub's software version. */
  version: z4.string(),
  you: z4.object({ participantId: ParticipantId, name: z4.string(), color: z4.string(), role: Role }),
  fileId: FileId,
  /** Relative to the served folder, with `/`. */
  path: z4.string(),
  epoch: Epoch,
  participants: z4.array(ParticipantView),
  kernel: KernelView.nullable(),
  kernelSpecs: z4.array(KernelSpecView),
  queue: QueueView,
  prompt: PromptView.nullable(),
  saving: SavingView
});
var CellToRun = z4.object({
  cellId: CellId,
  /** SHA-256 (hex) of the UTF-8 text that the person saw when they pressed Run. */
  sourceHash: z4.string().regex(/^[0-9a-f]{64}$/)
});
var Enqueued = z4.object({ outcome: z4.enum(["queued", "merged"]), run: RunView, place: z4.number().int() });
var Empty = z4.object({});
var cursorPos = z4.number().int().nonnegative();
var ReplyContent = z4.record(z4.string(), z4.unknown());
var calls = {
  /** First call on a socket; before it no hub frame is sent to the client. */
  hello: { right: "view", params: Hello, result: Welcome },
  /** Queue cells in the order given. Starts the notebook's kernel when it has none. Idempotent by requestId. */
  run: {
    right: "run",
    params: z4.object({
      requestId: RequestId,
      cells: z4.array(CellToRun).min(1).max(1e4),
      /** An error cancels what is left of this batch. Default true. */
      stopOnError: z4.boolean().default(true)
    }),
    result: z4.object({ batchId: BatchId, runs: z4.array(Enqueued) })
  },
  /** Withdraw queued runs: those named, or all of the caller's own. Another person's need `manage`. */
  cancel: {
    right: "run",
    params: z4.union([z4.object({ runIds: z4.array(RunId).min(1).max(1e4) }), z4.object({ mine: z4.literal(true) })]),
    result: z4.object({ cancelled: z4.array(RunId) })
  },
  /** The whole queue, for a client that missed an event. */
  queue: { right: "view", params: Empty, result: QueueView },
  /** Let a held queue go on. */
  goOn: { right: "run", params: Empty, result: Empty },
  /** Move a cell before another, or to the end (`before: null`). */
  moveCell: {
    right: "edit",
    params: z4.object({ cellId: CellId, before: CellId.nullable() }),
    result: Empty
  },
  /** Interrupt the named run (dropped when it is over), or whatever runs when none is named. */
  interrupt: {
    right: "run",
    params: z4.object({ runId: RunId.optional() }),
    result: z4.object({ interrupted: RunId.nullable() })
  },
  /** Restart the kernel; the running cell is lost. `queued` says what happens to the runs that wait. */
  restart: {
    right: "edit",
    params: z4.object({ queued: z4.enum(["keep", "cancel"]).default("cancel") }),
    result: Empty
  },
  /** Start a kernel of this kernelspec for the notebook; one it has already is shut down first. */
  startKernel: { right: "edit", params: z4.object({ specName: z4.string().min(1) }), result: Empty },
  /** Shut the notebook's kernel down. */
  stopKernel: { right: "edit", params: Empty, result: Empty },
  /** Answer a question of the kernel; only the first answer counts. `endOfFile` sends end-of-file. */
  inputReply: {
    right: "run",
    params: z4.object({ promptId: PromptId, value: z4.string().max(1048576), endOfFile: z4.boolean().optional() }),
    result: z4.object({ accepted: z4.boolean() })
  },
  /** complete_request; the result is the content of complete_reply. */
  complete: { right: "run", params: z4.object({ code: z4.string(), cursorPos }), result: ReplyContent },
  /** inspect_request; the result is the content of inspect_reply. */
  inspect: {
    right: "run",
    params: z4.object({ code: z4.string(), cursorPos, detailLevel: z4.union([z4.literal(0), z4.literal(1)]).default(0) }),
    result: ReplyContent
  },
  /** is_complete_request; the result is the content of is_complete_reply. */
  isComplete: { right: "run", params: z4.object({ code: z4.string() }), result: ReplyContent },
  /** Write the .ipynb now; answered when it is on disk. */
  save: { right: "edit", params: Empty, result: z4.object({ at: z4.string() }) },
  /** Take another name in this room. */
  rename: {
    right: "view",
    params: z4.object({ name: z4.string().trim().min(1).max(64) }),
    result: z4.object({ name: z4.string() })
  }
};

// proto/src/hub/events.ts
import { z as z5 } from "zod";
var HubEvent = z5.discriminatedUnion("event", [
  /** The queue after a step. */
  z5.object({ event: z5.literal("queueChanged"), queue: QueueView }),
  /** A run reached an end (`succeeded`, `failed`, `cancelled`, `lost`). */
  z5.object({ event: z5.literal("runFinished"), run: RunView }),
  /** The notebook's kernel, or that it has none. */
  z5.object({ event: z5.literal("kernelChanged"), kernel: KernelView.nullable() }),
  z5.object({ event: z5.literal("kernelSpecsChanged"), kernelSpecs: z5.array(KernelSpecView) }),
  z5.object({ event: z5.literal("participantsChanged"), participants: z5.array(ParticipantView) }),
  /** A question waits, or none does any more. */
  z5.object({ event: z5.literal("promptChanged"), prompt: PromptView.nullable() }),
  /** The log is durable up to this state vector (base64 of its Yjs encoding). */
  z5.object({ event: z5.literal("stored"), stateVector: z5.string() }),
  /** The saving of the .ipynb: saved, unsaved, saving, failed. */
  z5.object({ event: z5.literal("saved"), saving: SavingView }),
  /** The file got another place in the served folder. */
  z5.object({ event: z5.literal("pathChanged"), path: z5.string() }),
  /** Something a person should read once. */
  z5.object({
    event: z5.literal("notice"),
    level: z5.enum(["info", "warning", "error"]),
    /** Stable, for programs; PROTOCOL.md lists them. */
    code: z5.string(),
    message: z5.string()
  }),
  /** The client's document update was refused; it must rebuild its document under a new Yjs client id. */
  z5.object({ event: z5.literal("refused"), reason: z5.string() })
]);

// proto/src/hub/hub-frame.ts
import { z as z6 } from "zod";
var CallFrame = z6.object({ id: z6.number().int().nonnegative(), call: z6.string(), params: z6.unknown() });
var AnswerFrame = z6.union([
  z6.object({ id: z6.number().int(), ok: z6.literal(true), result: z6.unknown() }),
  z6.object({
    id: z6.number().int(),
    ok: z6.literal(false),
    error: z6.object({
      code: z6.string(),
      message: z6.string(),
      details: z6.record(z6.string(), z6.unknown()).optional()
    })
  })
]);
var EventFrame = z6.object({ seq: z6.number().int(), event: HubEvent });

// proto/src/hub/transcript.ts
import { z as z7 } from "zod";

// proto/src/notebook/json.ts
var MAX_DEPTH = 200;
function toJson(value, depth = 0) {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "number":
      return value;
    case "bigint":
      return Number(value);
    case "object":
      return value === null || depth > MAX_DEPTH ? null : copyObject(value, depth);
    default:
      return null;
  }
}
function copyObject(value, depth) {
  if (Array.isArray(value)) {
    return Object.freeze(value.map((item) => toJson(item, depth + 1)));
  }
  return isPlain(value) ? toJsonObject(value, depth) : null;
}
function toJsonObject(value, depth = 0) {
  if (typeof value !== "object" || value === null || !isPlain(value)) {
    return Object.freeze({});
  }
  const entries = Object.entries(value).filter(([, item]) => item !== void 0);
  return Object.freeze(Object.fromEntries(entries.map(([key, item]) => [key, toJson(item, depth + 1)])));
}
function isPlain(value) {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

// proto/src/hub/transcript.ts
var JsonData = z7.record(z7.string(), z7.unknown()).transform((value) => toJsonObject(value));
var TranscriptOutput = z7.discriminatedUnion("output_type", [
  z7.object({ output_type: z7.literal("stream"), name: z7.string(), text: z7.string() }),
  z7.object({ output_type: z7.literal("display_data"), data: JsonData, metadata: JsonData }),
  z7.object({
    output_type: z7.literal("execute_result"),
    execution_count: z7.number().int().nullable(),
    data: JsonData,
    metadata: JsonData
  }),
  z7.object({
    output_type: z7.literal("error"),
    ename: z7.string(),
    evalue: z7.string(),
    traceback: z7.array(z7.string()).readonly()
  })
]);
var TranscriptEntry = z7.discriminatedUnion("type", [
  z7.object({ type: z7.literal("output"), output: TranscriptOutput }),
  /** More text for the last stream output of that name. */
  z7.object({ type: z7.literal("streamText"), name: z7.string(), text: z7.string() }),
  z7.object({ type: z7.literal("clear") }),
  z7.object({ type: z7.literal("updateDisplay"), displayId: z7.string(), data: JsonData, metadata: JsonData }),
  z7.object({ type: z7.literal("prompt"), text: z7.string(), password: z7.boolean() }),
  /** The last line. */
  z7.object({
    type: z7.literal("finished"),
    state: z7.enum(["succeeded", "failed", "cancelled", "lost"]),
    executionCount: z7.number().int().nullable(),
    reason: z7.string().nullable()
  })
]);

// proto/src/jupyter/message.ts
var PROTOCOL_VERSION = "5.4";
var CHANNELS = ["shell", "control", "iopub", "stdin"];
function isChannel(value) {
  return CHANNELS.some((channel) => channel === value);
}
function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
function parseHeader(value) {
  if (!isRecord(value)) return { ok: false, reason: "badHeader" };
  const header = withDefaults(value);
  if (header === null || header.msg_type === "") return { ok: false, reason: "badHeader" };
  if (majorVersion(header.version) < 5) return { ok: false, reason: "oldVersion" };
  return { ok: true, header };
}
function parseParentHeader(value) {
  return (isRecord(value) ? withDefaults(value) : null) ?? {};
}
function parentId(message) {
  const id = message.parent_header["msg_id"];
  return typeof id === "string" ? id : null;
}
function withDefaults(value) {
  const { msg_id, msg_type } = value;
  if (typeof msg_id !== "string" || msg_id === "") return null;
  return {
    ...value,
    msg_id,
    username: text(value["username"]),
    session: text(value["session"]),
    date: text(value["date"]),
    msg_type: text(msg_type),
    version: text(value["version"])
  };
}
function text(value) {
  return typeof value === "string" ? value : "";
}
function majorVersion(version) {
  return version === "" ? 4 : Number.parseInt(version, 10) || 0;
}

// proto/src/jupyter/builders.ts
function buildMessage(sender, options) {
  return {
    channel: options.channel,
    header: {
      msg_id: sender.msgId,
      username: sender.username,
      session: sender.session,
      date: sender.date,
      msg_type: options.msgType,
      version: PROTOCOL_VERSION
    },
    parent_header: options.parent ?? {},
    metadata: options.metadata ?? {},
    content: options.content,
    buffers: options.buffers ?? []
  };
}
function kernelInfoRequest(sender) {
  return buildMessage(sender, { channel: "shell", msgType: "kernel_info_request", content: {} });
}
function interruptRequest(sender) {
  return buildMessage(sender, { channel: "control", msgType: "interrupt_request", content: {} });
}
function shutdownRequest(sender, restart = false) {
  return buildMessage(sender, { channel: "control", msgType: "shutdown_request", content: { restart } });
}

// proto/src/jupyter/message-parts.ts
var encoder = new TextEncoder();
var decoder = new TextDecoder();
function messageParts(message) {
  const { header, parent_header, metadata, content, buffers } = message;
  return { json: [toBytes(header), toBytes(parent_header), toBytes(metadata), toBytes(content)], buffers };
}
function parseParts(channel, parts) {
  const texts = parts.json.map(fromBytes);
  const [header, parent, metadata, content] = texts;
  if (texts.includes(void 0)) return { ok: false, reason: "badJson" };
  const fields = parseFields(channel, { header, parent_header: parent, metadata, content }, parts.buffers);
  return fields.ok ? { ...fields, parts } : fields;
}
function parseFields(channel, fields, buffers) {
  const parsed = parseHeader(fields["header"]);
  if (!parsed.ok) return parsed;
  const { metadata, content } = fields;
  if (!isRecord(content)) return { ok: false, reason: "badJson" };
  const message = {
    channel,
    header: parsed.header,
    parent_header: parseParentHeader(fields["parent_header"]),
    metadata: isRecord(metadata) ? metadata : {},
    content,
    buffers
  };
  return { ok: true, message };
}
function parseJson(text2) {
  try {
    const value = JSON.parse(text2);
    return value;
  } catch {
    return void 0;
  }
}
function toBytes(value) {
  return encoder.encode(JSON.stringify(value));
}
function fromBytes(bytes) {
  return parseJson(decoder.decode(bytes));
}

// proto/src/jupyter/kernel-websocket.ts
var V1_FIXED_PARTS = 5;
var encoder2 = new TextEncoder();
var decoder2 = new TextDecoder();
function encodeV1Parts(channel, parts) {
  const pieces = [encoder2.encode(channel), ...parts.json, ...parts.buffers];
  const offsetCount = pieces.length + 1;
  const start = 8 * (offsetCount + 1);
  const frame = new Uint8Array(pieces.reduce((total, piece) => total + piece.length, start));
  const view = new DataView(frame.buffer);
  view.setBigUint64(0, BigInt(offsetCount), true);
  let offset = start;
  pieces.forEach((piece, index) => {
    view.setBigUint64(8 * (index + 1), BigInt(offset), true);
    frame.set(piece, offset);
    offset += piece.length;
  });
  view.setBigUint64(8 * offsetCount, BigInt(offset), true);
  return frame;
}
function decodeV1(frame) {
  if (frame.length < 8) return { ok: false, reason: "tooShort" };
  const offsetCount = readUint64(frame, 0);
  if (offsetCount <= V1_FIXED_PARTS || 8 * (offsetCount + 1) > frame.length) return { ok: false, reason: "badOffsets" };
  const offsets = Array.from({ length: offsetCount }, (_, index) => readUint64(frame, 8 * (index + 1)));
  if (offsets[0] !== 8 * (offsetCount + 1)) return { ok: false, reason: "badOffsets" };
  const pieces = cut(frame, offsets);
  if (pieces === null || offsets.at(-1) !== frame.length) return { ok: false, reason: "badOffsets" };
  const [name, header, parent, metadata, content, ...buffers] = pieces;
  if (!name || !header || !parent || !metadata || !content) return { ok: false, reason: "tooShort" };
  const channel = decoder2.decode(name);
  if (!isChannel(channel)) return { ok: false, reason: "badChannel" };
  return parseParts(channel, { json: [header, parent, metadata, content], buffers });
}
function cut(frame, offsets) {
  const ends = offsets.slice(1);
  const grows = ends.every((end, index) => end >= (offsets[index] ?? Infinity) && end <= frame.length);
  return grows ? ends.map((end, index) => frame.subarray(offsets[index], end)) : null;
}
function readUint64(frame, position) {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  return view.getUint32(position, true) + view.getUint32(position + 4, true) * 4294967296;
}

// proto/src/jupyter/zmq-frames.ts
var encoder3 = new TextEncoder();
var DELIMITER = encoder3.encode("<IDS|MSG>");
function encodeZmqParts(parts, sign) {
  const signature = encoder3.encode(sign === null ? "" : sign(parts.json));
  return [DELIMITER, signature, ...parts.json, ...parts.buffers];
}
function decodeZmqFrames(frames, channel, sign) {
  const delimiter = frames.findIndex(isDelimiter);
  if (delimiter < 0) return { ok: false, reason: "noDelimiter" };
  const [signature, header, parent, metadata, content, ...buffers] = frames.slice(delimiter + 1);
  if (!signature || !header || !parent || !metadata || !content) return { ok: false, reason: "tooShort" };
  const json = [header, parent, metadata, content];
  if (sign !== null && !equalInConstantTime(encoder3.encode(sign(json)), signature)) {
    return { ok: false, reason: "badSignature" };
  }
  return parseParts(channel, { json, buffers });
}
function isDelimiter(frame) {
  return frame.length === DELIMITER.length && DELIMITER.every((byte, index) => byte === frame[index]);
}
function equalInConstantTime(expected, given) {
  let difference = expected.length ^ given.length;
  for (let index = 0; index < expected.length; index += 1) {
    difference |= (expected[index] ?? 0) ^ (given[index] ?? 0);
  }
  return difference === 0;
}

// hub/src/keeper/hub-connection.ts
import { z as z9 } from "zod";

// hub/src/kernel/frame-stream.ts
var MAX_FRAME_BYTES = 1024 * 1024 * 1024;
var LENGTH_BYTES = 4;
function encodeFrame(kind, ...pieces) {
  const length = pieces.reduce((total, piece) => total + piece.length, 1);
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + length);
  frame.writeUInt32LE(length, 0);
  frame.writeUInt8(kind, LENGTH_BYTES);
  let offset = LENGTH_BYTES + 1;
  for (const piece of pieces) {
    frame.set(piece, offset);
    offset += piece.length;
  }
  return frame;
}
var FrameReader = class {
  #chunks = [];
  #size = 0;
  /** No frame is whole before so many bytes are here: keeps a large frame from being joined again and again. */
  #needed = LENGTH_BYTES;
  /** The frames that these bytes complete; null when the stream is not one of frames and must be closed. */
  feed(chunk) {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#needed) return [];
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    const frames = [];
    this.#needed = neededBytes(rest);
    while (rest.length >= this.#needed) {
      const end = this.#needed;
      if (end <= LENGTH_BYTES || end > MAX_FRAME_BYTES) return null;
      frames.push({ kind: rest.readUInt8(LENGTH_BYTES), payload: rest.subarray(LENGTH_BYTES + 1, end) });
      rest = rest.subarray(end);
      this.#needed = neededBytes(rest);
    }
    if (this.#needed > MAX_FRAME_BYTES) return null;
    this.#chunks = [rest];
    this.#size = rest.length;
    return frames;
  }
};
function neededBytes(bytes) {
  return bytes.length < LENGTH_BYTES ? LENGTH_BYTES + 1 : LENGTH_BYTES + bytes.readUInt32LE(0);
}

// hub/src/kernel/kernel-host.ts
var KernelHostError = class extends Error {
  constructor(code, message, highestFence) {
    super(message);
    this.code = code;
    this.highestFence = highestFence;
  }
  code;
  highestFence;
  name = "KernelHostError";
};

// hub/src/kernel/keeper-protocol.ts
import { z as z8 } from "zod";
var KEEPER_PROTOCOL_VERSION = 1;
var FRAME_JSON = 0;
var FRAME_KERNEL_MESSAGE = 1;
var FRAME_SEND = 2;
var requestId = z8.number().int().nonnegative();
var number = z8.number().int().nonnegative();
var Launch = z8.object({
  argv: z8.array(z8.string()).nonempty(),
  /** As the kernelspec has it: `${VAR}` is the keeper's to resolve, whose environment the kernel gets. */
  env: z8.record(z8.string(), z8.string()),
  interruptMode: z8.enum(["signal", "message"])
});
var KernelInfo = z8.looseObject({
  protocol_version: z8.string().catch("5.0"),
  implementation: z8.string().catch(""),
  banner: z8.string().catch(""),
  language_info: z8.looseObject({ name: z8.string().catch("") }).catch({ name: "" }),
  supported_features: z8.array(z8.string()).readonly().exactOptional()
});
var HostedKernelView = z8.object({
  kernelId: KernelId,
  specName: z8.string(),
  state: z8.enum(["starting", "ready", "restarting", "dead"]),
  labels: z8.record(z8.string(), z8.string()),
  lastSeq: number,
  journalId: z8.string(),
  kernelInfo: KernelInfo.nullable()
});
var Hello2 = z8.object({ type: z8.literal("hello"), version: z8.number() });
var command = { type: z8.literal("request"), id: requestId, kernelId: KernelId, fence: number };
var KeeperRequest = z8.discriminatedUnion("request", [
  z8.object({ type: z8.literal("request"), id: requestId, request: z8.literal("kernels") }),
  z8.object({
    ...command,
    request: z8.literal("start"),
    specName: z8.string(),
    cwd: z8.string(),
    labels: z8.record(z8.string(), z8.string()),
    launch: Launch
  }),
  z8.object({ ...command, request: z8.literal("attach"), fromSeq: number }),
  z8.object({ type: z8.literal("request"), id: requestId, request: z8.literal("detach"), kernelId: KernelId }),
  z8.object({ ...command, request: z8.literal("interrupt") }),
  z8.object({ ...command, request: z8.literal("restart") }),
  z8.object({ ...command, request: z8.literal("shutdown") })
]);
var Refusal = z8.object({
  code: z8.enum([
    "noSuchKernel",
    "noSuchKernelSpec",
    "kernelExists",
    "staleFence",
    "alreadySent",
    "launchFailed",
    "unreachable",
    "versionMismatch",
    "badRequest"
  ]),
  message: z8.string(),
  highestFence: number.exactOptional()
});
var Answer = z8.discriminatedUnion("ok", [
  z8.object({ type: z8.literal("answer"), id: requestId, ok: z8.literal(true), result: z8.unknown() }),
  z8.object({ type: z8.literal("answer"), id: requestId, ok: z8.literal(false), refusal: Refusal })
]);
var LifecycleEvent = z8.discriminatedUnion("type", [
  z8.object({ type: z8.literal("gap"), fromSeq: number, toSeq: number }),
  z8.object({ type: z8.literal("ready"), kernelInfo: KernelInfo }),
  z8.object({ type: z8.literal("restarting"), reason: z8.string() }),
  z8.object({ type: z8.literal("died"), reason: z8.string(), stderr: z8.string() }),
  z8.object({ type: z8.literal("heartbeat"), beating: z8.boolean(), sinceMs: z8.number() })
]);
var KernelEvent = z8.object({ type: z8.literal("event"), kernelId: KernelId, event: LifecycleEvent });
var FromKeeper = z8.union([Hello2, Answer, KernelEvent]);
var FromHub = z8.union([Hello2, KeeperRequest]);
function encodeJson(value) {
  return encodeFrame(FRAME_JSON, Buffer.from(JSON.stringify(value)));
}
function decodeJson(payload) {
  try {
    const value = JSON.parse(payload.toString());
    return value;
  } catch {
    return void 0;
  }
}
function encodeKernelMessage(kernelId, seq, v1Frame) {
  const id = Buffer.from(kernelId);
  const head = Buffer.allocUnsafe(1 + id.length + 8);
  head.writeUInt8(id.length, 0);
  id.copy(head, 1);
  head.writeBigUInt64LE(BigInt(seq), 1 + id.length);
  return encodeFrame(FRAME_KERNEL_MESSAGE, head, v1Frame);
}
function decodeSend(payload) {
  const idLength = payload[12] ?? 0;
  const start = 13 + idLength;
  if (payload.length < start) return null;
  return {
    id: payload.readUInt32LE(0),
    fence: Number(payload.readBigUInt64LE(4)),
    kernelId: payload.toString("utf8", 13, start),
    v1Frame: payload.subarray(start)
  };
}

// hub/src/keeper/hub-connection.ts
var WINDOW_BYTES = 256 * 1024;
var HubConnection = class {
  constructor(socket, supervisor, log2) {
    this.socket = socket;
    this.supervisor = supervisor;
    this.log = log2;
  }
  socket;
  supervisor;
  log;
  #reader = new FrameReader();
  #attached = /* @__PURE__ */ new Map();
  #greeted = false;
  start() {
    this.socket.on("data", (chunk) => {
      this.#read(chunk);
    });
    this.socket.on("drain", () => {
      this.#pumpAll();
    });
    this.socket.on("error", (error) => {
      this.log("info", "a hub was lost", { reason: error.message });
    });
    this.socket.once("close", () => {
      for (const { kernel, attachment } of this.#attached.values()) kernel.feed.detach(attachment);
      this.#attached.clear();
    });
    this.write(encodeJson({ type: "hello", version: KEEPER_PROTOCOL_VERSION }));
  }
  hasRoom() {
    return !this.socket.destroyed && this.socket.writableLength < WINDOW_BYTES;
  }
  write(frame) {
    if (!this.socket.destroyed) this.socket.write(frame);
  }
  #read(chunk) {
    const frames = this.#reader.feed(chunk);
    if (frames === null) {
      this.log("warn", "a hub sent bytes that are no frames");
      this.socket.destroy();
      return;
    }
    for (const frame of frames) this.#handle(frame);
  }
  #handle(frame) {
    if (frame.kind === FRAME_JSON) this.#handleJson(decodeJson(frame.payload));
    else if (frame.kind === FRAME_SEND && this.#greeted) this.#handleSend(frame.payload);
    else this.log("warn", "a frame of unknown kind was skipped", { kind: frame.kind });
  }
  #handleJson(value) {
    const parsed = FromHub.safeParse(value);
    if (!parsed.success) {
      this.#refuseUnread(value, parsed.error);
    } else if (parsed.data.type === "hello") {
      this.#greeted = parsed.data.version === KEEPER_PROTOCOL_VERSION;
      if (!this.#greeted) this.socket.end();
    } else if (this.#greeted) {
      this.#answer(parsed.data.id, this.#do(parsed.data));
    }
  }
  #handleSend(payload) {
    const frame = decodeSend(payload);
    if (frame === null) {
      this.log("warn", "a frame was too short and was skipped");
      return;
    }
    this.#answer(frame.id, this.#send(frame.kernelId, frame.fence, frame.v1Frame));
  }
  async #send(kernelId, fence, v1Frame) {
    const kernel = this.supervisor.command(KernelId.parse(kernelId), fence);
    const decoded = decodeV1(v1Frame);
    if (!decoded.ok) throw new KernelHostError("badRequest", `this is not a message: ${decoded.reason}`);
    await kernel.send(decoded.message, decoded.parts);
  }
  async #do(request) {
    const { supervisor } = this;
    switch (request.request) {
      case "kernels":
        return supervisor.list();
      case "start":
        return supervisor.start(request);
      case "attach":
        return this.#attach(request.id, request.kernelId, request.fence, request.fromSeq);
      case "detach":
        return this.#detach(request.kernelId);
      case "interrupt":
        return supervisor.command(request.kernelId, request.fence).interrupt();
      case "restart":
        return supervisor.command(request.kernelId, request.fence).restart();
      case "shutdown":
        return supervisor.shutdown(request.kernelId, request.fence);
    }
  }
  /** Answers itself, in the same turn: no message may come before the answer, nor the facts be older than it. */
  #attach(id, kernelId, fence, fromSeq) {
    const kernel = this.supervisor.command(kernelId, fence);
    this.#detach(kernelId);
    const attachment = kernel.feed.attach(this, fromSeq);
    this.#attached.set(kernelId, { kernel, attachment });
    this.write(encodeJson({ type: "answer", id, ok: true, result: kernel.facts }));
    this.#pumpAll();
    return ANSWERED;
  }
  #detach(kernelId) {
    const attached = this.#attached.get(kernelId);
    attached?.kernel.feed.detach(attached.attachment);
    this.#attached.delete(kernelId);
  }
  #answer(id, work) {
    work.then(
      (result) => {
        if (result !== ANSWERED) this.write(encodeJson({ type: "answer", id, ok: true, result: result ?? null }));
      },
      (error) => {
        this.write(encodeJson({ type: "answer", id, ok: false, refusal: refusalOf(error) }));
      }
    );
  }
  /** One kernel after the other, each a turn; who wrote goes last, so that none waits behind one that floods. */
  #pumpAll() {
    let wrote = true;
    while (wrote && this.hasRoom()) {
      wrote = false;
      for (const [kernelId, attached] of [...this.#attached]) {
        if (!attached.attachment.pump()) continue;
        wrote = true;
        this.#attached.delete(kernelId);
        this.#attached.set(kernelId, attached);
      }
    }
  }
  #refuseUnread(value, error) {
    const message = z9.prettifyError(error);
    this.log("warn", "a hub said what could not be read", { reason: message });
    const id = z9.object({ id: z9.number() }).safeParse(value);
    if (!id.success) return;
    this.write(encodeJson({ type: "answer", id: id.data.id, ok: false, refusal: { code: "badRequest", message } }));
  }
};
var ANSWERED = /* @__PURE__ */ Symbol("answered");
function refusalOf(error) {
  if (!(error instanceof KernelHostError)) {
    return { code: "badRequest", message: error instanceof Error ? error.message : String(error) };
  }
  const { code, message, highestFence } = error;
  return highestFence === void 0 ? { code, message } : { code, message, highestFence };
}

// hub/src/keeper/single-instance.ts
import { randomBytes } from "node:crypto";
import { chmod, link, readdir, rename, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join as join2 } from "node:path";

// hub/src/kernel/error-code.ts
function errorCode(error) {
  return typeof error === "object" && error !== null && "code" in error ? error.code : null;
}

// hub/src/keeper/single-instance.ts
var NUMBERED = /^keeper\.(\d+)$/;
async function listenAlone(server, paths) {
  const ownPath = join2(paths.socketDir, `k-${randomBytes(4).toString("hex")}`);
  await listen(server, ownPath);
  try {
    await chmod(ownPath, 384);
    const number2 = await takeNumber(ownPath, paths.socketDir);
    if (number2 === null) return false;
    await rename(ownPath, paths.socketPath);
    await removeFormer(paths.socketDir, number2);
    return true;
  } finally {
    await rm(ownPath, { force: true });
  }
}
async function takeNumber(ownPath, socketDir) {
  for (; ; ) {
    const highest = Math.max(0, ...await numbersIn(socketDir));
    if (highest > 0 && await isListening(join2(socketDir, `keeper.${highest}`))) return null;
    if (await linkIfFree(ownPath, join2(socketDir, `keeper.${highest + 1}`))) return highest + 1;
  }
}
async function removeFormer(socketDir, own) {
  const former = (await numbersIn(socketDir)).filter((number2) => number2 < own);
  await Promise.all(former.map((number2) => rm(join2(socketDir, `keeper.${number2}`), { force: true })));
}
async function numbersIn(socketDir) {
  const names = await readdir(socketDir);
  return names.flatMap((name) => {
    const number2 = NUMBERED.exec(name)?.[1];
    return number2 === void 0 ? [] : [Number(number2)];
  });
}
async function linkIfFree(from, to) {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}
async function listen(server, path) {
  const listening2 = new Promise((resolve, reject) => {
    server.once("listening", resolve).once("error", reject);
  });
  const mask = process.umask(127);
  server.listen(path);
  process.umask(mask);
  await listening2;
}
function isListening(path) {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => {
      resolve(false);
    });
  });
}

// hub/src/keeper/keeper-server.ts
var KeeperServer = class {
  constructor(options) {
    this.options = options;
    this.#server = createServer((socket) => {
      this.#accept(socket);
    });
    this.stopped = new Promise((resolve) => {
      this.#tellStopped = resolve;
    });
  }
  options;
  /** Resolves when the keeper has stopped and its kernels are gone. */
  stopped;
  #server;
  #sockets = /* @__PURE__ */ new Set();
  #idleTimer = null;
  #stopping = null;
  #tellStopped = () => void 0;
  /** False when another keeper serves this data folder; nothing was changed then. */
  async start() {
    const alone = await listenAlone(this.#server, this.options.paths);
    if (alone) this.#watchIdle();
    else this.#server.close();
    return alone;
  }
  /** Ends the kernels (J10) and the connections. Can be called twice. */
  stop(reason) {
    this.#stopping ??= this.#stop(reason);
    return this.#stopping;
  }
  async #stop(reason) {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#server.close();
    await this.options.supervisor.shutdownAll();
    for (const socket of this.#sockets) socket.destroy();
    this.#tellStopped(reason);
  }
  #accept(socket) {
    if (this.#stopping !== null) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      this.#watchIdle();
    });
    new HubConnection(socket, this.options.supervisor, this.options.log).start();
  }
  /** Looks again after each while, since a kernel may have died with no hub to see it. */
  #watchIdle() {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
    if (this.#stopping !== null || this.#sockets.size > 0) return;
    this.#idleTimer = setTimeout(() => {
      if (this.#sockets.size > 0) return;
      if (this.options.supervisor.hasLiveKernels) this.#watchIdle();
      else this.#stopIdle();
    }, this.options.idleExitMs);
  }
  #stopIdle() {
    this.stop("idle").catch((error) => {
      this.options.log("error", "the keeper could not stop", { reason: String(error) });
    });
  }
};

// hub/src/keeper/supervisor.ts
import { mkdir as mkdir3, rm as rm4 } from "node:fs/promises";
import { join as join3 } from "node:path";

// hub/src/keeper/connection-file.ts
import { createHmac, randomBytes as randomBytes2 } from "node:crypto";
import { rm as rm2, writeFile } from "node:fs/promises";
var PORTS_PER_KERNEL = 5;
function newConnection(ip, ports) {
  const [shellPort, controlPort, iopubPort, stdinPort, heartbeatPort] = ports;
  if (!shellPort || !controlPort || !iopubPort || !stdinPort || !heartbeatPort) {
    throw new Error(`a kernel needs ${PORTS_PER_KERNEL} ports`);
  }
  const key = randomBytes2(32).toString("hex");
  return { ip, shellPort, controlPort, iopubPort, stdinPort, heartbeatPort, key };
}
function portsOf(connection) {
  const { shellPort, controlPort, iopubPort, stdinPort, heartbeatPort } = connection;
  return [shellPort, controlPort, iopubPort, stdinPort, heartbeatPort];
}
async function writeConnectionFile(path, connection, kernelName) {
  const content = {
    transport: "tcp",
    ip: connection.ip,
    shell_port: connection.shellPort,
    control_port: connection.controlPort,
    iopub_port: connection.iopubPort,
    stdin_port: connection.stdinPort,
    hb_port: connection.heartbeatPort,
    key: connection.key,
    signature_scheme: "hmac-sha256",
    kernel_name: kernelName
  };
  await rm2(path, { force: true });
  await writeFile(path, JSON.stringify(content, null, 2), { mode: 384, flag: "wx" });
}
function signerOf(key) {
  if (key === "") return null;
  return (json) => {
    const hmac = createHmac("sha256", key);
    for (const part of json) hmac.update(part);
    return hmac.digest("hex");
  };
}

// hub/src/keeper/kernel-feed.ts
import { randomUUID } from "node:crypto";

// hub/src/keeper/attachment.ts
var TURN_BYTES = 64 * 1024;
var Attachment = class {
  constructor(kernelId, journal, sink, fromSeq) {
    this.kernelId = kernelId;
    this.journal = journal;
    this.sink = sink;
    this.#seq = Math.min(fromSeq, journal.lastSeq);
  }
  kernelId;
  journal;
  sink;
  #early = /* @__PURE__ */ new Set();
  #seq;
  /** Writes what the hub has not got, while it has room; false when there was nothing to write. */
  pump() {
    let written = 0;
    while (this.sink.hasRoom() && written < TURN_BYTES) {
      const step = this.journal.after(this.#seq);
      if (step.kind === "end") break;
      if (step.kind === "gap") {
        this.#skipTo(step.fromSeq, step.toSeq);
        continue;
      }
      this.#seq = step.seq;
      if (this.#early.delete(step.seq)) continue;
      this.sink.write(step.frame);
      written += step.frame.length;
    }
    return written > 0;
  }
  /**
   * A control message that stands in the journal at `seq`: a hub with a backlog gets it now. It then carries the seq
   * that this hub is at, since one that is ahead would let it believe that it has all before it.
   */
  hurry(seq, v1Frame) {
    if (this.#seq >= seq) return;
    this.#early.add(seq);
    this.sink.write(encodeKernelMessage(this.kernelId, this.#seq, v1Frame));
  }
  /** An event that is of the moment and stands in no journal. */
  tell(event) {
    this.sink.write(encodeJson({ type: "event", kernelId: this.kernelId, event }));
  }
  #skipTo(fromSeq, toSeq) {
    for (const seq of this.#early) if (seq < toSeq) this.#early.delete(seq);
    this.#seq = toSeq - 1;
    this.tell({ type: "gap", fromSeq, toSeq });
  }
};

// hub/src/keeper/journal.ts
var COMPACT_AT = 1024;
var Journal = class {
  /** `maxBytes`: as much as a hub may miss while it restarts, times the kernels that a machine runs. */
  constructor(maxBytes) {
    this.maxBytes = maxBytes;
  }
  maxBytes;
  #frames = [];
  /** How many entries at the array's begin were dropped. */
  #dropped = 0;
  /** The seq of the array's first place. */
  #base = 1;
  #bytes = 0;
  get lastSeq() {
    return this.#base + this.#frames.length - 1;
  }
  /** The frame carries its own seq, so it is made here, when the number is known. */
  append(makeFrame) {
    const seq = this.lastSeq + 1;
    const frame = makeFrame(seq);
    this.#frames.push(frame);
    this.#bytes += frame.length;
    while (this.#bytes > this.maxBytes && this.#dropped < this.#frames.length - 1) this.#dropOldest();
    return seq;
  }
  /** What comes after `seq`. A seq that this journal has not reached is at its end. */
  after(seq) {
    const next = seq + 1;
    const oldest = this.#base + this.#dropped;
    if (next > this.lastSeq) return { kind: "end" };
    if (next < oldest) return { kind: "gap", fromSeq: seq, toSeq: oldest };
    const frame = this.#frames[next - this.#base];
    if (frame === void 0) throw new Error(`the journal lost its entry ${next}`);
    return { kind: "entry", seq: next, frame };
  }
  #dropOldest() {
    this.#bytes -= this.#frames[this.#dropped]?.length ?? 0;
    this.#frames[this.#dropped] = EMPTY;
    this.#dropped += 1;
    if (this.#dropped < COMPACT_AT || this.#dropped * 2 < this.#frames.length) return;
    this.#frames = this.#frames.slice(this.#dropped);
    this.#base += this.#dropped;
    this.#dropped = 0;
  }
};
var EMPTY = Buffer.alloc(0);

// hub/src/keeper/kernel-feed.ts
var KernelFeed = class {
  constructor(kernelId, maxJournalBytes) {
    this.kernelId = kernelId;
    this.#journal = new Journal(maxJournalBytes);
  }
  kernelId;
  journalId = randomUUID();
  #journal;
  #attachments = /* @__PURE__ */ new Set();
  get lastSeq() {
    return this.#journal.lastSeq;
  }
  addMessage(channel, parts) {
    const v1Frame = encodeV1Parts(channel, parts);
    const seq = this.#journal.append((number2) => encodeKernelMessage(this.kernelId, number2, v1Frame));
    for (const attachment of this.#attachments) {
      attachment.pump();
      if (channel === "control") attachment.hurry(seq, v1Frame);
    }
  }
  /** A later hub gets these too, at their place among the messages: it must know that a run's kernel is another. */
  addEvent(event) {
    const frame = encodeJson({ type: "event", kernelId: this.kernelId, event });
    this.#journal.append(() => frame);
    for (const attachment of this.#attachments) attachment.pump();
  }
  tellNow(event) {
    for (const attachment of this.#attachments) attachment.tell(event);
  }
  /** Nothing is written before the attachment is pumped: the answer to `attach` goes first. */
  attach(sink, fromSeq) {
    const attachment = new Attachment(this.kernelId, this.#journal, sink, fromSeq);
    this.#attachments.add(attachment);
    return attachment;
  }
  detach(attachment) {
    this.#attachments.delete(attachment);
  }
};

// hub/src/keeper/hosted-kernel.ts
var HostedKernel = class {
  constructor(options) {
    this.options = options;
    this.feed = new KernelFeed(options.kernelId, options.maxJournalBytes);
  }
  options;
  feed;
  #state = "starting";
  #kernelInfo = null;
  #life = null;
  #wasReady = false;
  #highestFence = 0;
  #lastStep = Promise.resolve();
  #sentRequests = /* @__PURE__ */ new Set();
  get facts() {
    const { kernelId, specName, labels } = this.options;
    const { lastSeq, journalId } = this.feed;
    return { kernelId, specName, labels, state: this.#state, lastSeq, journalId, kernelInfo: this.#kernelInfo };
  }
  get isAlive() {
    return this.#state !== "dead";
  }
  /** Throws `staleFence` for a fence below the highest seen; remembers a higher one. */
  passFence(fence) {
    if (fence < this.#highestFence) {
      const message = `fence ${fence} is older than ${this.#highestFence}: another hub owns this kernel`;
      throw new KernelHostError("staleFence", message, this.#highestFence);
    }
    this.#highestFence = fence;
  }
  /** Resolves when the process runs; rejects with `launchFailed` at once when it can't. */
  start() {
    return this.#step(async () => {
      await this.#launch();
    });
  }
  async send(message, parts) {
    const life = this.#lifeFor("starting", "ready");
    if (message.channel === "iopub") throw new KernelHostError("badRequest", "only the kernel speaks on iopub");
    if (message.header.msg_type === "execute_request") this.#markSent(message.header.msg_id);
    await life.send(message.channel, parts);
  }
  interrupt() {
    return this.#lifeFor("ready").interrupt();
  }
  /** Resolves when ready; rejects with `launchFailed` when it won't be. */
  async restart() {
    const life = await this.#step(async () => {
      const former = this.#life;
      this.#restarting("it was restarted");
      await former?.shutdown();
      return this.#launch();
    });
    const outcome = await life.started();
    if (outcome.outcome === "failed") throw launchFailed(outcome.reason, outcome.stderr);
  }
  shutdown() {
    return this.#step(async () => {
      const life = this.#life;
      this.#life = null;
      await life?.shutdown();
      if (this.#state !== "dead") this.#died("it was shut down", "");
    });
  }
  /** One start, restart or end at a time, in the order asked for. */
  #step(work) {
    const step = this.#lastStep.then(work);
    this.#lastStep = step.catch(() => void 0);
    return step;
  }
  async #launch() {
    try {
      const life = await this.options.newLife(this.#listener());
      await this.#launched(life);
      return life;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#died(reason, "");
      throw launchFailed(reason, "");
    }
  }
  async #launched(life) {
    try {
      await life.launch();
    } catch (error) {
      await life.close();
      throw error;
    }
    this.#life = life;
    this.#supervise(life).catch((error) => {
      this.options.log("error", "a kernel was given up", { reason: String(error) });
    });
  }
  #listener() {
    return {
      onMessage: (message, parts) => {
        this.feed.addMessage(message.channel, parts);
      },
      onHeartbeat: (beating, sinceMs) => {
        this.feed.tellNow({ type: "heartbeat", beating, sinceMs: Math.round(sinceMs) });
      }
    };
  }
  /** From launch to end. A life that a restart or shutdown has replaced is left alone. */
  async #supervise(life) {
    const outcome = await life.started();
    if (this.#life !== life) return;
    if (outcome.outcome === "ready") this.#becameReady(outcome.kernelInfo);
    const reason = await life.ended;
    await this.#step(() => this.#ended(life, outcome, `it ended with ${reason}`));
  }
  async #ended(life, outcome, reason) {
    if (this.#life !== life) return;
    await life.close();
    const why = outcome.outcome === "failed" ? outcome.reason : reason;
    if (this.#wasReady && this.options.budget.spend(this.options.now())) {
      this.#restarting(why);
      await this.#launch();
      return;
    }
    this.#life = null;
    this.#died(why, await life.stderrTail());
  }
  #becameReady(kernelInfo) {
    this.#state = "ready";
    this.#wasReady = true;
    this.#kernelInfo = kernelInfo;
    this.options.budget.ready(this.options.now());
    this.feed.addEvent({ type: "ready", kernelInfo: { ...kernelInfo } });
  }
  #restarting(reason) {
    this.#state = "restarting";
    this.#life = null;
    this.feed.addEvent({ type: "restarting", reason });
  }
  #died(reason, stderr) {
    this.#state = "dead";
    this.feed.addEvent({ type: "died", reason, stderr });
  }
  #lifeFor(...states) {
    if (this.#life === null || !states.includes(this.#state)) {
      throw new KernelHostError("badRequest", `the kernel is ${this.#state}`);
    }
    return this.#life;
  }
  #markSent(msgId) {
    if (this.#sentRequests.has(msgId)) {
      throw new KernelHostError("alreadySent", `the request ${msgId} was sent to this kernel before`);
    }
    this.#sentRequests.add(msgId);
  }
};
function launchFailed(reason, stderr) {
  return new KernelHostError("launchFailed", stderr === "" ? reason : `${reason}
${stderr}`);
}

// hub/src/keeper/kernel-environment.ts
var WITHHELD = ["JPY_PARENT_PID", "COKERNEL_TOKEN"];
var VARIABLE = /\$\{(\w+)\}/g;
function kernelEnvironment(base, specEnv) {
  const result = {};
  for (const [name, value] of Object.entries(base)) {
    if (value !== void 0 && !WITHHELD.includes(name)) result[name] = value;
  }
  for (const [name, value] of Object.entries(specEnv)) {
    if (value !== void 0) result[name] = value.replace(VARIABLE, (whole, other) => base[other] ?? whole);
  }
  return result;
}

// hub/src/keeper/kernel-life.ts
import { randomUUID as randomUUID4 } from "node:crypto";
import { rm as rm3 } from "node:fs/promises";
import { setTimeout as delay2 } from "node:timers/promises";

// hub/src/keeper/heartbeat.ts
import { setTimeout as delay } from "node:timers/promises";
import { Request } from "zeromq";
var Heartbeat = class {
  constructor(options) {
    this.options = options;
  }
  options;
  #socket = null;
  #stopped = null;
  #done = Promise.resolve();
  #paused = false;
  #lastBeatAt = 0;
  #lastAnswered = false;
  #silenceTold = false;
  /** Throws on port 0, on which nobody can be reached. */
  start() {
    if (this.options.port === 0) throw new Error("a heartbeat needs a port, and 0 is none");
    if (this.#stopped !== null) throw new Error("this heartbeat was started before");
    this.#stopped = new AbortController();
    this.#lastBeatAt = this.options.now();
    this.#done = this.#run(this.#stopped.signal);
  }
  pause() {
    this.#paused = true;
  }
  unpause() {
    this.#paused = false;
  }
  get isBeating() {
    return this.#stopped?.signal.aborted === false && !this.#paused && this.#lastAnswered;
  }
  /** Ends at once, also in the middle of a beat. Can be called twice. */
  async stop() {
    this.#stopped?.abort();
    this.#closeSocket();
    await this.#done;
  }
  async #run(signal) {
    while (!signal.aborted) {
      if (!this.#paused) await this.#beat(signal);
      await pause(this.options.timeToDeadMs, signal);
    }
  }
  async #beat(signal) {
    try {
      const socket = this.#openSocket();
      await socket.send("ping");
      await socket.receive();
      this.#answered();
    } catch {
      this.#closeSocket();
      if (!signal.aborted) this.#missed();
    }
  }
  #openSocket() {
    if (this.#socket !== null) return this.#socket;
    const { ip, port, timeToDeadMs } = this.options;
    this.#socket = new Request({ linger: 0, receiveTimeout: timeToDeadMs, sendTimeout: timeToDeadMs });
    this.#socket.connect(`tcp://${ip}:${port}`);
    return this.#socket;
  }
  #closeSocket() {
    this.#socket?.close();
    this.#socket = null;
  }
  #answered() {
    const now = this.options.now();
    if (this.#silenceTold) this.options.onChange(true, now - this.#lastBeatAt);
    this.#silenceTold = false;
    this.#lastAnswered = true;
    this.#lastBeatAt = now;
  }
  #missed() {
    this.#lastAnswered = false;
    if (this.#silenceTold || this.#paused) return;
    this.#silenceTold = true;
    this.options.onChange(false, this.options.now() - this.#lastBeatAt);
  }
};
async function pause(milliseconds, signal) {
  try {
    await delay(milliseconds, void 0, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

// hub/src/keeper/kernel-process.ts
import { spawn } from "node:child_process";
import { mkdir as mkdir2, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
var STDERR_TAIL_BYTES = 8 * 1024;
var KernelProcess = class {
  constructor(options) {
    this.options = options;
    this.ended = new Promise((resolve) => {
      this.#tellEnd = resolve;
    });
  }
  options;
  /** How it ended, in words: `exit code 1`, `signal SIGKILL`. Never rejects. */
  ended;
  #child = null;
  #hasEnded = false;
  #tellEnd = () => void 0;
  /** Where this process's stderr begins in the file, which its predecessors wrote to as well. */
  #stderrStart = 0;
  get pid() {
    return this.#child?.pid ?? null;
  }
  get hasEnded() {
    return this.#hasEnded;
  }
  /** Rejects at once, with words for a person, when the program or the folder is missing. */
  async start() {
    const { cwd, stdoutPath, stderrPath } = this.options;
    if (!await isFolder(cwd)) throw new Error(`the folder ${cwd}, where it should start, is not there`);
    await mkdir2(dirname(stdoutPath), { recursive: true, mode: 448 });
    const stdout = await open(stdoutPath, "a", 384);
    const stderr = await open(stderrPath, "a", 384);
    try {
      this.#stderrStart = (await stderr.stat()).size;
      await this.#spawn(stdout, stderr);
    } finally {
      await Promise.all([stdout.close(), stderr.close()]);
    }
  }
  /** To the whole process group; a group that is gone is no error. */
  signal(signal) {
    const pid = this.pid;
    if (pid === null || this.#hasEnded) return;
    signalGroup(pid, signal);
  }
  /** The last of what this process wrote to stderr, at most 8 KiB. */
  async stderrTail() {
    const file = await open(this.options.stderrPath, "r");
    try {
      const { size } = await file.stat();
      const start = Math.max(this.#stderrStart, size - STDERR_TAIL_BYTES);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, size - start)), 0, null, start);
      return buffer.toString("utf8", 0, bytesRead);
    } finally {
      await file.close();
    }
  }
  async #spawn(stdout, stderr) {
    const [program = "", ...args] = this.options.argv;
    const { env, cwd } = this.options;
    const child = spawn(program, args, {
      cwd,
      env: { ...env },
      detached: true,
      stdio: ["ignore", stdout.fd, stderr.fd]
    });
    this.#child = child;
    child.once("exit", (code, signal) => {
      this.#end(signal === null ? `exit code ${String(code)}` : `signal ${signal}`);
    });
    await new Promise((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error) => {
        reject(launchError(program, error));
      });
    });
  }
  #end(reason) {
    const pid = this.pid;
    this.#hasEnded = true;
    if (pid !== null) signalGroup(pid, "SIGKILL");
    this.#tellEnd(reason);
  }
};
function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    const code = errorCode(error);
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}
function launchError(program, error) {
  const code = errorCode(error);
  if (code === "ENOENT") {
    return new Error(`the program ${program} was not found: install it, or correct argv in the kernelspec`);
  }
  if (code === "EACCES") return new Error(`the program ${program} may not be executed`);
  return error;
}
async function isFolder(path) {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

// hub/src/keeper/kernel-sockets.ts
import { randomUUID as randomUUID2 } from "node:crypto";
import { Dealer, Subscriber } from "zeromq";

// hub/src/keeper/send-queue.ts
var SendQueue = class {
  constructor(sink) {
    this.sink = sink;
  }
  sink;
  #last = Promise.resolve();
  /** Resolves when ZeroMQ has taken the message. */
  send(frames) {
    const sent = this.#last.then(() => this.sink.send(frames));
    this.#last = sent.catch(() => void 0);
    return sent;
  }
};

// hub/src/keeper/kernel-sockets.ts
var RECONNECT_MS = 20;
var KernelSockets = class {
  constructor(options) {
    this.options = options;
    this.#sign = signerOf(options.connection.key);
  }
  options;
  #sign;
  #dealers = /* @__PURE__ */ new Map();
  #queues = /* @__PURE__ */ new Map();
  #iopub = null;
  #loops = [];
  #droppedMessages = 0;
  #receivedMessages = 0;
  get droppedMessages() {
    return this.#droppedMessages;
  }
  get receivedMessages() {
    return this.#receivedMessages;
  }
  /** Connecting proves nothing: the kernel need not be there yet (J9). */
  open() {
    const { ip, shellPort, controlPort, stdinPort, iopubPort } = this.options.connection;
    const routingId = randomUUID2();
    this.#openDealer("shell", `tcp://${ip}:${shellPort}`, routingId);
    this.#openDealer("control", `tcp://${ip}:${controlPort}`, routingId);
    this.#openDealer("stdin", `tcp://${ip}:${stdinPort}`, routingId);
    const iopub = new Subscriber({ linger: 0, receiveHighWaterMark: 0, reconnectInterval: RECONNECT_MS });
    this.#iopub = iopub;
    iopub.connect(`tcp://${ip}:${iopubPort}`);
    iopub.subscribe();
    this.#loops.push(this.#receive("iopub", iopub));
  }
  /** Resolves when ZeroMQ has taken it; rejects on iopub, which only the kernel speaks on, and when closed. */
  send(channel, parts) {
    const queue = this.#queues.get(channel);
    if (queue === void 0) return Promise.reject(new Error(`nothing can be sent on ${channel}`));
    return queue.send(encodeZmqParts(parts, this.#sign));
  }
  /** What was not sent yet is dropped. Can be called twice. */
  async close() {
    for (const dealer of this.#dealers.values()) dealer.close();
    this.#iopub?.close();
    this.#dealers.clear();
    this.#queues.clear();
    await Promise.all(this.#loops);
  }
  #openDealer(channel, address, routingId) {
    const dealer = new Dealer({
      linger: 0,
      routingId,
      sendHighWaterMark: 0,
      receiveHighWaterMark: 0,
      reconnectInterval: RECONNECT_MS
    });
    dealer.connect(address);
    this.#dealers.set(channel, dealer);
    this.#queues.set(channel, new SendQueue(dealer));
    this.#loops.push(this.#receive(channel, dealer));
  }
  async #receive(channel, socket) {
    try {
      for await (const frames of socket) this.#handle(channel, frames);
    } catch (error) {
      if (!socket.closed) this.options.log("error", "a socket broke", { channel, reason: String(error) });
    }
  }
  /** A failure to handle one message must not end the channel for all later ones. */
  #handle(channel, frames) {
    const decoded = decodeZmqFrames(frames, channel, this.#sign);
    this.#receivedMessages += 1;
    if (!decoded.ok) {
      this.#droppedMessages += 1;
      const { reason } = decoded;
      this.options.log("warn", "a message was dropped", { channel, reason, dropped: this.#droppedMessages });
      return;
    }
    try {
      this.options.onMessage(decoded.message, decoded.parts);
    } catch (error) {
      this.options.log("error", "a message could not be handled", { channel, reason: String(error) });
    }
  }
};

// hub/src/keeper/readiness.ts
import { randomUUID as randomUUID3 } from "node:crypto";
var Readiness = class {
  constructor(options) {
    this.options = options;
    this.reached = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }
  options;
  /** Rejects only when asking failed. Whoever waits sets the time limit. */
  reached;
  #asked = /* @__PURE__ */ new Set();
  #info = null;
  #heardIopub = false;
  #again = null;
  #settle = null;
  start() {
    this.#ask();
  }
  /** Give it every message of the kernel. */
  observe(message) {
    if (this.#settle === null) return;
    if (message.channel === "iopub") this.#heardIopub = true;
    if (this.#isAnswer(message)) this.#info = KernelInfo.parse(message.content);
    if (this.#info === null) return;
    if (this.#heardIopub) this.#finish(this.#info);
    else this.#again ??= setTimeout(() => this.#ask(), this.options.askAgainMs);
  }
  /** Stops asking. Can be called twice. */
  stop() {
    this.#settle = null;
    if (this.#again !== null) clearTimeout(this.#again);
  }
  #isAnswer(message) {
    return message.header.msg_type === "kernel_info_reply" && this.#asked.has(parentId(message) ?? "");
  }
  #ask() {
    this.#again = null;
    const msgId = randomUUID3();
    this.#asked.add(msgId);
    const sender = { msgId, session: this.options.session, username: "cokernel", date: (/* @__PURE__ */ new Date()).toISOString() };
    this.options.send(kernelInfoRequest(sender)).catch((error) => {
      this.#settle?.reject(error);
    });
  }
  #finish(info) {
    const settle = this.#settle;
    this.stop();
    settle?.resolve(info);
  }
};

// hub/src/keeper/within.ts
async function endsWithin(promise, milliseconds) {
  let timer = null;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => {
      resolve(false);
    }, milliseconds);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}

// hub/src/keeper/kernel-life.ts
var SHUTDOWN_STEP_MS = 2500;
var INTERRUPT_TIMEOUT_MS = 1e4;
var ASK_AGAIN_MS = 100;
var DRAIN_STEP_MS = 25;
var DRAIN_MAX_STEPS = 40;
var KernelLife = class {
  constructor(options) {
    this.options = options;
    const { connection, log: log2, heartbeatMs, onHeartbeat } = options;
    this.#process = new KernelProcess(options.process);
    this.#sockets = new KernelSockets({
      connection,
      log: log2,
      onMessage: (message, parts) => this.#observe(message, parts)
    });
    this.#heartbeat = new Heartbeat({
      ip: connection.ip,
      port: connection.heartbeatPort,
      timeToDeadMs: heartbeatMs,
      onChange: onHeartbeat,
      now: () => performance.now()
    });
    this.#readiness = new Readiness({
      send: (request) => this.send(request.channel, messageParts(request)),
      session: this.#session,
      askAgainMs: ASK_AGAIN_MS
    });
  }
  options;
  #process;
  #sockets;
  #heartbeat;
  #readiness;
  #session = randomUUID4();
  #awaitedReplies = /* @__PURE__ */ new Map();
  #started = null;
  /** Why the process ended, once it has. Never rejects. */
  get ended() {
    return this.#process.ended;
  }
  get pid() {
    return this.#process.pid;
  }
  /** Rejects at once when the process can't be started, with a reason for a person. */
  async launch() {
    const { connectionPath, connection, specName } = this.options;
    await writeConnectionFile(connectionPath, connection, specName);
    await this.#process.start();
    this.#sockets.open();
  }
  /** Resolves when the kernel takes requests, or when it is certain that it won't. The same answer each time. */
  started() {
    this.#started ??= this.#start();
    return this.#started;
  }
  send(channel, parts) {
    return this.#sockets.send(channel, parts);
  }
  /** J11; resolves when the signal was sent or the kernel has answered. */
  async interrupt() {
    if (this.options.interruptMode === "signal") {
      this.#process.signal("SIGINT");
      return;
    }
    const request = interruptRequest(this.#sender());
    const answered = new Promise((resolve) => this.#awaitedReplies.set(request.header.msg_id, resolve));
    await this.send("control", messageParts(request));
    const inTime = await endsWithin(Promise.race([answered, this.ended]), INTERRUPT_TIMEOUT_MS);
    this.#awaitedReplies.delete(request.header.msg_id);
    if (!inTime) throw new Error("the kernel did not answer the interrupt request");
  }
  /** J10; resolves when the process is gone and its last messages were handed over. */
  async shutdown() {
    await this.#askToEnd();
    if (!await endsWithin(this.ended, SHUTDOWN_STEP_MS)) {
      this.#process.signal("SIGTERM");
      if (!await endsWithin(this.ended, SHUTDOWN_STEP_MS)) this.#process.signal("SIGKILL");
    }
    await this.ended;
    await this.close();
  }
  /** After the end: hands over what is still under way, then closes the sockets. Can be called twice. */
  async close() {
    this.#readiness.stop();
    await this.#heartbeat.stop();
    await this.#drain();
    await this.#sockets.close();
    await rm3(this.options.connectionPath, { force: true });
  }
  async #start() {
    const { readyTimeoutMs } = this.options;
    this.#readiness.start();
    const ended = this.ended.then((reason) => `it ended with ${reason} before it was ready`);
    const first = Promise.race([this.#readiness.reached, ended]);
    const inTime = await endsWithin(first, readyTimeoutMs);
    this.#readiness.stop();
    if (!inTime) this.#process.signal("SIGKILL");
    const result = inTime ? await first : `it was not ready within ${readyTimeoutMs / 1e3} s`;
    if (typeof result === "string") {
      await this.ended;
      return { outcome: "failed", reason: result, stderr: await this.#process.stderrTail() };
    }
    if (!this.#process.hasEnded) this.#heartbeat.start();
    return { outcome: "ready", kernelInfo: result };
  }
  stderrTail() {
    return this.#process.stderrTail();
  }
  async #askToEnd() {
    if (this.#process.hasEnded) return;
    const request = shutdownRequest(this.#sender());
    try {
      if (this.options.interruptMode === "signal") this.#process.signal("SIGINT");
      else await this.send("control", messageParts(interruptRequest(this.#sender())));
      await this.send("control", messageParts(request));
    } catch (error) {
      this.options.log("warn", "a kernel could not be asked to end", { reason: String(error) });
    }
  }
  #observe(message, parts) {
    this.options.onMessage(message, parts);
    this.#readiness.observe(message);
    if (message.channel !== "control") return;
    this.#awaitedReplies.get(parentId(message) ?? "")?.();
  }
  #sender() {
    return { msgId: randomUUID4(), session: this.#session, username: "cokernel", date: (/* @__PURE__ */ new Date()).toISOString() };
  }
  async #drain() {
    for (let step = 0, before = -1; step < DRAIN_MAX_STEPS; step += 1) {
      const received = this.#sockets.receivedMessages;
      if (received === before) return;
      before = received;
      await delay2(DRAIN_STEP_MS);
    }
  }
};

// hub/src/keeper/ports.ts
import { createServer as createServer2 } from "node:net";
import { randomInt } from "node:crypto";
var FIRST_PORT = 10240;
var END_PORT = 32768;
var MAX_TRIES = 200;
var PortPool = class {
  #given = /* @__PURE__ */ new Set();
  /** Rejects when the machine has hardly any free port. */
  async take(count, host) {
    const held = /* @__PURE__ */ new Map();
    try {
      for (let tries = 0; held.size < count; tries += 1) {
        if (tries === MAX_TRIES) throw new Error(`no ${count} free ports found on ${host}`);
        await this.#tryOne(host, held);
      }
      return [...held.keys()];
    } finally {
      await Promise.all([...held.values()].map(closed));
    }
  }
  release(ports) {
    for (const port of ports) this.#given.delete(port);
  }
  async #tryOne(host, held) {
    const port = randomInt(FIRST_PORT, END_PORT);
    if (this.#given.has(port)) return;
    this.#given.add(port);
    const server = await listening(port, host);
    if (server === null) this.#given.delete(port);
    else held.set(port, server);
  }
};
function listening(port, host) {
  return new Promise((resolve) => {
    const server = createServer2();
    server.once("error", () => {
      resolve(null);
    });
    server.listen({ port, host, exclusive: true }, () => {
      resolve(server);
    });
  });
}
function closed(server) {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}

// hub/src/keeper/restart-budget.ts
var RestartBudget = class {
  constructor(options) {
    this.options = options;
  }
  options;
  #inARow = 0;
  #readyAt = null;
  ready(now) {
    this.#readyAt = now;
  }
  /** Whether a kernel that died now may be started again; counts the restart when it may. */
  spend(now) {
    if (this.#readyAt !== null && now - this.#readyAt >= this.options.stableMs) this.#inARow = 0;
    this.#readyAt = null;
    if (this.#inARow >= this.options.maxInARow) return false;
    this.#inARow += 1;
    return true;
  }
};

// hub/src/keeper/supervisor.ts
var LOOPBACK = "127.0.0.1";
var KERNEL_ID = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
var Supervisor = class {
  constructor(options) {
    this.options = options;
  }
  options;
  #kernels = /* @__PURE__ */ new Map();
  #connections = /* @__PURE__ */ new Map();
  #ports = new PortPool();
  list() {
    return [...this.#kernels.values()].map((kernel) => kernel.facts);
  }
  get hasLiveKernels() {
    return [...this.#kernels.values()].some((kernel) => kernel.isAlive);
  }
  /** The kernel, for a command with this fence; throws `noSuchKernel` or `staleFence`. */
  command(kernelId, fence) {
    const kernel = this.#kernels.get(kernelId);
    if (kernel === void 0) throw new KernelHostError("noSuchKernel", `there is no kernel ${kernelId}`);
    kernel.passFence(fence);
    return kernel;
  }
  async start(request) {
    const { kernelId, fence } = request;
    if (!KERNEL_ID.test(kernelId)) throw new KernelHostError("badRequest", `${kernelId} can't name a kernel`);
    if (this.#kernels.has(kernelId))
      throw new KernelHostError("kernelExists", `the kernel ${kernelId} is here already`);
    const kernel = this.#newKernel(request);
    kernel.passFence(fence);
    this.#kernels.set(kernelId, kernel);
    try {
      await kernel.start();
      return kernel.facts;
    } catch (error) {
      await this.#forget(kernelId);
      throw error;
    }
  }
  async shutdown(kernelId, fence) {
    await this.command(kernelId, fence).shutdown();
    await this.#forget(kernelId);
  }
  /** Every kernel is asked to end, at the same time. */
  async shutdownAll() {
    const kernels = [...this.#kernels];
    await Promise.all(
      kernels.map(async ([kernelId, kernel]) => {
        await kernel.shutdown();
        await this.#forget(kernelId);
      })
    );
  }
  async #forget(kernelId) {
    this.#kernels.delete(kernelId);
    const connection = this.#connections.get(kernelId);
    if (connection !== void 0) this.#ports.release(portsOf(connection));
    this.#connections.delete(kernelId);
    await rm4(this.#folderOf(kernelId), { recursive: true, force: true });
  }
  #folderOf(kernelId) {
    return join3(this.options.dataDir, "kernels", kernelId);
  }
  #newKernel(request) {
    const { restartsInARow, stableAfterMs, maxJournalBytes } = this.options;
    const { kernelId, specName, labels } = request;
    const log2 = (level, message, fields) => {
      this.options.log(level, message, { kernelId, ...fields });
    };
    return new HostedKernel({
      kernelId,
      specName,
      labels,
      newLife: (listener) => this.#newLife(request, listener, log2),
      budget: new RestartBudget({ maxInARow: restartsInARow, stableMs: stableAfterMs }),
      maxJournalBytes,
      now: () => performance.now(),
      log: log2
    });
  }
  async #newLife(request, listener, log2) {
    const { readyTimeoutMs, heartbeatMs, env } = this.options;
    const { kernelId, specName, cwd, launch } = request;
    const folder = this.#folderOf(kernelId);
    await mkdir3(folder, { recursive: true, mode: 448 });
    const connectionPath = join3(folder, "connection.json");
    return new KernelLife({
      process: {
        argv: launch.argv.map((argument) => argument.replaceAll("{connection_file}", connectionPath)),
        env: kernelEnvironment(env, launch.env),
        cwd,
        stdoutPath: join3(folder, "stdout.log"),
        stderrPath: join3(folder, "stderr.log")
      },
      connection: await this.#connectionOf(kernelId),
      connectionPath,
      specName,
      interruptMode: launch.interruptMode,
      readyTimeoutMs,
      heartbeatMs,
      log: log2,
      ...listener
    });
  }
  /** The same ports and key for every life of a kernel. */
  async #connectionOf(kernelId) {
    const known = this.#connections.get(kernelId);
    if (known !== void 0) return known;
    const connection = newConnection(LOOPBACK, await this.#ports.take(PORTS_PER_KERNEL, LOOPBACK));
    this.#connections.set(kernelId, connection);
    return connection;
  }
};

// hub/src/keeper/main.ts
var DEFAULT_IDLE_EXIT_MS = 5e3;
var log = (level, message, fields) => {
  const line = { time: (/* @__PURE__ */ new Date()).toISOString(), level, pid: process.pid, message, ...fields };
  process.stderr.write(`${JSON.stringify(line)}
`);
};
async function main() {
  const { dataDir, idleExitMs } = readArguments();
  const paths = await keeperPaths(dataDir);
  const supervisor = new Supervisor({
    dataDir: paths.dataDir,
    maxJournalBytes: 16 * 1024 * 1024,
    readyTimeoutMs: 6e4,
    heartbeatMs: 1e3,
    restartsInARow: 5,
    stableAfterMs: 1e4,
    env: process.env,
    log
  });
  const server = new KeeperServer({ paths, supervisor, idleExitMs, log });
  if (!await server.start()) {
    log("info", "another keeper serves this data folder");
    return;
  }
  process.once("SIGTERM", () => void server.stop("told").catch(fail));
  process.once("SIGINT", () => void server.stop("told").catch(fail));
  log("info", "the keeper has started", { socket: paths.socketPath });
  log("info", "the keeper leaves", { reason: await server.stopped });
}
function readArguments() {
  const { values } = parseArgs({ options: { "data-dir": { type: "string" }, "idle-exit-ms": { type: "string" } } });
  const dataDir = values["data-dir"];
  const idleExitMs = Number(values["idle-exit-ms"] ?? DEFAULT_IDLE_EXIT_MS);
  if (!dataDir) throw new Error("--data-dir DIR is needed");
  if (!Number.isInteger(idleExitMs) || idleExitMs < 0) throw new Error("--idle-exit-ms takes milliseconds");
  return { dataDir, idleExitMs };
}
function fail(error) {
  const reason = error instanceof Error ? error.stack ?? error.message : String(error);
  log("error", "the keeper failed", { reason });
  process.exit(1);
}
main().then(() => process.exit(), fail);
