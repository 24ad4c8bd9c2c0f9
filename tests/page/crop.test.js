import assert from "node:assert/strict";
import { test } from "node:test";
import {
  atLeast,
  between,
  isInside,
  moved,
  oppositeCorner,
  START,
  stepped,
} from "../../dae/page/parts/crop.js";

/** @param {any} frame @param {any} wanted */
const isNear = (frame, wanted) => {
  for (const side of ["x", "y", "width", "height"])
    assert.ok(Math.abs(frame[side] - wanted[side]) < 1e-9, side);
};

test("arrow keys move a frame and size it, and it stays in the picture", () => {
  const frame = { x: 0.2, y: 0.3, width: 0.5, height: 0.4 };
  isNear(stepped(frame, "ArrowLeft", false), { ...frame, x: 0.18 });
  isNear(stepped(frame, "ArrowDown", false), { ...frame, y: 0.32 });
  isNear(stepped(frame, "ArrowDown", true), { ...frame, height: 0.42 });
  isNear(stepped(frame, "ArrowLeft", true), { ...frame, width: 0.48 });
  for (const key of ["Tab", "a", "toString"]) assert.equal(stepped(frame, key, false), null);
  for (const key of ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]) {
    for (const sizes of [false, true]) {
      let now = START;
      for (let i = 0; i < 100; i++) now = stepped(now, key, sizes) ?? now;
      assert.ok(now.x >= 0 && now.y >= 0 && now.width > 0.05 && now.height > 0.05, key);
      assert.ok(now.x + now.width <= 1 + 1e-9 && now.y + now.height <= 1 + 1e-9, key);
    }
  }
  isNear(moved(frame, 1, -1), { ...frame, x: 0.5, y: 0 });
});

test("a frame is drawn between two places, and taken hold of at a corner or within", () => {
  const frame = between({ x: 0.7, y: 0.2 }, { x: 0.3, y: 0.6 });
  isNear(frame, { x: 0.3, y: 0.2, width: 0.4, height: 0.4 });
  const near = { x: 0.02, y: 0.03 };
  const corner = oppositeCorner(frame, { x: 0.69, y: 0.22 }, near);
  isNear({ ...frame, ...corner }, { ...frame, x: 0.3, y: 0.6 });
  assert.equal(oppositeCorner(frame, { x: 0.5, y: 0.2 }, near), null);
  assert.ok(isInside(frame, { x: 0.5, y: 0.5 }) && !isInside(frame, { x: 0.5, y: 0.7 }));
});

test("a frame that is too small grows about its middle, and stays in the picture", () => {
  const frame = { x: 0.4, y: 0.9, width: 0.2, height: 0.1 };
  isNear(atLeast(frame, 0.1, 0.1), frame);
  isNear(atLeast(frame, 0.4, 0.3), { x: 0.3, y: 0.7, width: 0.4, height: 0.3 });
  isNear(atLeast(frame, 2, 0.05), { x: 0, y: 0.9, width: 1, height: 0.1 });
});
