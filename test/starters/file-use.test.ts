/** What is guessed of a Python script's files from its text. */
import { describe, expect, test } from 'vitest';
import { fileUse } from '../../src/starters/python/file-use.ts';

function found(text: string): { reads: string[]; writes: string[]; unknown: readonly string[] } {
  const { reads, writes, unknown } = fileUse(text, 'scripts/step.py');
  return { reads: [...reads], writes: [...writes], unknown };
}

describe('a script', () => {
  test.each([
    ['df = pd.read_csv("a.csv", sep=";")', ['a.csv'], []],
    ["df.to_parquet('out/b.parquet', index=False)", [], ['out/b.parquet']],
    ['df.to_csv(path_or_buf="c.csv")', [], ['c.csv']],
    ['text = df.to_csv()', [], []],
    ['with open("x") as f, open("y", "wb") as g: pass', ['x'], ['y']],
    ['open("z", mode="w").write("")', [], ['z']],
    ['gzip.open("a.gz", "rt")', ['a.gz'], []],
    ['DATA = "data"\nread_csv(DATA + "/a.csv")', ['data/a.csv'], []],
    ['DATA = Path("data")\npd.read_json(DATA / "sub" / "a.json")', ['data/sub/a.json'], []],
    ['HERE = Path(__file__).resolve().parent\n(HERE / "in.txt").read_text()', ['scripts/in.txt'], []],
    [
      'import os\nROOT = os.path.dirname(os.path.abspath(__file__))\nopen(os.path.join(ROOT, "in.txt"))',
      ['scripts/in.txt'],
      [],
    ],
    ['D = "d"\nopen(f"{D}/x.txt")', ['d/x.txt'], []],
    ['Path("a.txt").write_text("x")', [], ['a.txt']],
    ['P = Path("a.txt")\nP.read_bytes()', ['a.txt'], []],
    ['(Path("a") / "b").open("w")', [], ['a/b']],
    ['for p in Path("raw").glob("*.csv"): pass', ['raw/*.csv'], []],
    ['glob.glob("raw/**/*.csv")', ['raw/**/*.csv'], []],
    ['joblib.dump(model, "m.joblib"); m = joblib.load("n.joblib")', ['n.joblib'], ['m.joblib']],
    ['torch.save(net.state_dict(), "net.pt")', [], ['net.pt']],
    ['np.savetxt("w.txt", x); np.loadtxt("r.txt")', ['r.txt'], ['w.txt']],
    ['plt.savefig("plot.png", dpi=100)', [], ['plot.png']],
    ['shutil.copy("a", "b")', ['a'], ['b']],
    ['# open("comment")\n"""open("docstring")"""\ns = "open(1)"', [], []],
    ["x = '''\nopen(\"inside\")\n'''\nopen('after')", ['after'], []],
    ['def open_it(path):\n    return 1', [], []],
    ['open(\n    "spread.txt",\n    "w",\n)', [], ['spread.txt']],
    ['open(r"raw\\name")', ['raw\\name'], []],
  ])('%j', (text, reads, writes) => {
    expect(found(text)).toEqual({ reads, writes, unknown: [] });
  });

  test.each([
    ['open(sys.argv[1])', 'line 1: open(…)'],
    ['def f(path):\n    return pd.read_csv(path)', 'line 2: read_csv(…)'],
    ['D = "a"\nD = "b"\nopen(f"{D}/x")', 'line 3: open(…)'],
    ['open(f"{name}.txt")', 'line 1: open(…)'],
    ['open("log", "a")', "line 1: open(…, 'a') changes a file"],
    ['subprocess.run(["sh", "x"])', 'line 1: subprocess.run(…)'],
    ['pd.read_csv("https://example.org/a.csv")', 'line 1: https://example.org/a.csv'],
    ['path.write_text("x")', 'line 1: write_text(…)'],
  ])('%j is not all known', (text, reason) => {
    expect(found(text).unknown).toEqual([reason]);
  });

  test('names the modules that it imports', () => {
    const { imports } = fileUse(
      'import os, a.b as c\nfrom .lib import x\nfrom . import y, z\nfrom d import (e,\n  f)\n',
      's.py',
    );
    expect([...imports]).toEqual(['os', 'a.b', '.lib', '.y', '.z', 'd']);
  });
});
