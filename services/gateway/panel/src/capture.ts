/**
 * The microphone's own thread: mono 16-bit samples at 16 kHz, 100 ms at a time.
 *
 * An audio worklet, loaded as a file of its own because the page's policy allows no other script.
 * It resamples by itself: not every browser opens a context at a rate other than the microphone's.
 */

// The worklet's globals, which the DOM's types leave out.
declare const sampleRate: number;
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

const RATE = 16_000;
const FRAME = RATE / 10;
/** Zero crossings of the low-pass on each side: more is sharper, and later. */
const REACH = 12;
/** Part of the new band that is kept; the rest is where the low-pass falls off. */
const BAND = 0.92;

/** Brings samples to 16 kHz with a windowed sinc, so that nothing above 8 kHz folds back. */
class Resampler {
  private readonly step = sampleRate / RATE;
  private readonly cutoff = Math.min(1, RATE / sampleRate) * BAND;
  private readonly half = Math.ceil(REACH / this.cutoff);
  private held = new Float32Array(this.half);
  /** Where the next sample lies, counted from the first one held. */
  private at = this.half;

  /** Take samples and give those that are whole to `put`. */
  push(input: Float32Array, put: (sample: number) => void): void {
    const samples = new Float32Array(this.held.length + input.length);
    samples.set(this.held);
    samples.set(input, this.held.length);
    while (this.at + this.half < samples.length) {
      put(this.sampleAt(samples, this.at));
      this.at += this.step;
    }
    const done = Math.max(0, Math.floor(this.at) - this.half);
    this.held = samples.slice(done);
    this.at -= done;
  }

  private sampleAt(samples: Float32Array, at: number): number {
    const last = Math.floor(at + this.half);
    let sum = 0;
    for (let index = Math.max(0, Math.ceil(at - this.half)); index <= last; index += 1) {
      const distance = index - at;
      const angle = Math.PI * distance * this.cutoff;
      const sinc = angle === 0 ? 1 : Math.sin(angle) / angle;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * distance) / this.half);
      sum += (samples[index] ?? 0) * sinc * window;
    }
    return sum * this.cutoff;
  }
}

class Capture extends AudioWorkletProcessor {
  private readonly resampler = new Resampler();
  private frame = new Int16Array(FRAME);
  private filled = 0;

  process(inputs: readonly (readonly Float32Array[])[]): boolean {
    const [mono] = inputs[0] ?? [];
    if (mono !== undefined) this.resampler.push(mono, this.put);
    return true;
  }

  private readonly put = (sample: number): void => {
    this.frame[this.filled] = Math.round(Math.max(-1, Math.min(1, sample)) * 32_767);
    this.filled += 1;
    if (this.filled < FRAME) return;
    this.port.postMessage(this.frame.buffer, [this.frame.buffer]);
    this.frame = new Int16Array(FRAME);
    this.filled = 0;
  };
}

registerProcessor("souffleur-capture", Capture);
