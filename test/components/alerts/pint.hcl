# What pint is asked to leave alone, each with its reason.

rule {
  # The dead man's switch is heard of for as long as alerts work, so it has to fire always.
  match { name = "DeadMansSwitch" }
  disable = ["alerts/comparison"]
}
