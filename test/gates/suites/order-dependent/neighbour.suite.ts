describe("A neighbour", () => {
  it("turns the radio on", () => {
    process.env.GATES_RADIO = "on";
  });
});
