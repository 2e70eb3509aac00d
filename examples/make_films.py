"""Makes the example cinema's films with ffmpeg: two minutes each, in two qualities, with sound. Makes what is missing.

    make_films.py FOLDER
"""

import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
SECONDS = 120
# Only this much is drawn and encoded; the rest repeats it.
PIECE_SECONDS = 20
FRAMES = 12
QUALITIES = {"360p": "640x360", "180p": "320x180"}
FFMPEG = ["ffmpeg", "-nostdin", "-loglevel", "error", "-y"]
ENCODING = [
    "-pix_fmt", "yuv420p", "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-g", str(FRAMES * 2),
    "-b:v", "200k", "-c:a", "libopus", "-b:a", "24k", "-f", "webm",
]


def make(film, number, size, target):
    name, _, options = film["picture"].partition("=")
    picture = f"{name}=size={size}:rate={FRAMES}" + (":" + options if options else "")
    # A hum that a film can be told by. With sound, browsers play on in hidden tabs, as they do with real films.
    sound = f"sine=frequency={110 * (number + 2)}:beep_factor=4:sample_rate=48000"
    piece, unfinished = target.with_suffix(".piece"), target.with_suffix(".unfinished")
    drawn = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, "-t", str(PIECE_SECONDS), *ENCODING, piece]
    subprocess.run([*FFMPEG, *drawn], check=True)
    again = ["-stream_loop", str(SECONDS // PIECE_SECONDS - 1), "-i", piece, "-c", "copy", "-f", "webm", unfinished]
    subprocess.run([*FFMPEG, *again], check=True)
    piece.unlink()
    unfinished.rename(target)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number, film in enumerate(json.loads((HERE / "cinema/films.json").read_text())):
        for quality, size in QUALITIES.items():
            target = folder / f"{film['file']}-{quality}.webm"
            if not target.exists():
                make(film, number, size, target)


if __name__ == "__main__":
    main()
