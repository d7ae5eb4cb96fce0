/** The adviser's microphone, as frames of 100 ms. What it hears goes to the caller and nowhere else. */

/** 16 kHz mono, 16-bit linear, 100 ms. */
export type Heard = (frame: Int16Array) => void;

const WORKLET = "capture.js";
// Speech recognition hears better what the browser has not "cleaned".
const WANTED: MediaTrackConstraints = {
  channelCount: 1,
  echoCancellation: false,
  noiseSuppression: false,
  autoGainControl: true,
};

export class Microphone {
  private constructor(
    private readonly stream: MediaStream,
    private readonly context: AudioContext,
  ) {}

  /**
   * Ask for the microphone and listen to it. `lost` is called when the device goes away.
   *
   * Throws a `DOMException` whose name says why (`NotAllowedError`, `NotFoundError`...).
   */
  static async open(heard: Heard, lost: () => void): Promise<Microphone> {
    // Browsers hide it from pages that come over plain HTTP from another machine.
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    if (devices === undefined) throw new DOMException("no secure context", "SecurityError");
    const stream = await devices.getUserMedia({ audio: WANTED });
    const context = new AudioContext();
    const microphone = new Microphone(stream, context);
    try {
      await context.audioWorklet.addModule(new URL(WORKLET, import.meta.url));
      const capture = new AudioWorkletNode(context, "souffleur-capture", {
        numberOfOutputs: 0,
        channelCount: 1,
        channelCountMode: "explicit",
      });
      capture.port.onmessage = (message: MessageEvent<ArrayBuffer>) =>
        heard(new Int16Array(message.data));
      context.createMediaStreamSource(stream).connect(capture);
      stream.getAudioTracks()[0]?.addEventListener("ended", lost);
      await context.resume();
    } catch (error) {
      microphone.close();
      throw error;
    }
    return microphone;
  }

  /** Let go of the device: the browser's sign that it listens goes out. */
  close(): void {
    for (const track of this.stream.getTracks()) track.stop();
    void this.context.close();
  }
}
