// Runs an ONNX file with ONNX Runtime's web build (WebAssembly) under Node.
//
//     node runner.mjs model.onnx 1
//
// It says in a line of JSON which version runs. Then it takes inputs from stdin and returns outputs on
// stdout: each a line of JSON with the shapes, followed by the float32 numbers of the tensors, in the
// byte order of the machine. What goes wrong is a line {"error": "…"}.

import { readFile } from "node:fs/promises";

const [path, threads] = process.argv.slice(2);

function say(document, ...arrays) {
  process.stdout.write(JSON.stringify(document) + "\n");
  for (const array of arrays) {
    process.stdout.write(Buffer.from(array.buffer, array.byteOffset, array.byteLength));
  }
}

class Input {
  chunks = process.stdin[Symbol.asyncIterator]();
  held = Buffer.alloc(0);

  async more() {
    const { value, done } = await this.chunks.next();
    if (done) return false;
    this.held = Buffer.concat([this.held, value]);
    return true;
  }

  async line() {
    while (!this.held.includes(10)) if (!(await this.more())) return null;
    const end = this.held.indexOf(10);
    const text = this.held.toString("utf8", 0, end);
    this.held = this.held.subarray(end + 1);
    return text;
  }

  async bytes(count) {
    const parts = [this.held];
    let length = this.held.length;
    while (length < count) {
      const { value, done } = await this.chunks.next();
      if (done) throw new Error("the input ended within a tensor");
      parts.push(value);
      length += value.length;
    }
    const all = Buffer.concat(parts);
    this.held = all.subarray(count);
    return new Float32Array(all.buffer.slice(all.byteOffset, all.byteOffset + count));
  }
}

try {
  const ort = await import("onnxruntime-web");
  ort.env.wasm.numThreads = Number(threads);
  ort.env.logLevel = "error";
  const options = { executionProviders: ["wasm"] };
  const session = await ort.InferenceSession.create(await readFile(path), options);
  say({ version: ort.env.versions.web });
  const input = new Input();
  for (let line = await input.line(); line !== null; line = await input.line()) {
    const { shape } = JSON.parse(line);
    const data = await input.bytes(4 * shape.reduce((product, side) => product * side, 1));
    const tensor = new ort.Tensor("float32", data, shape);
    const returned = await session.run({ [session.inputNames[0]]: tensor });
    const outputs = session.outputNames.map((name) => returned[name]);
    const arrays = outputs.map((output) => Float32Array.from(output.data));
    say({ shapes: outputs.map((output) => output.dims) }, ...arrays);
  }
  process.exit(0);
} catch (error) {
  say({ error: String(error.message ?? error) });
}
