variable "name" {
  type = string
  validation {
    condition     = can(regex("^[a-z0-9]{3,24}$", var.name))
    error_message = "name: 3 to 24 small letters and digits, unique in all of Azure."
  }
}
variable "location" { type = string }
variable "resource_group" { type = string }
variable "subnet_id" { type = string }
variable "tags" { type = map(string) }

variable "principal_id" {
  description = "Who writes and reads: Rouse's identity."
  type        = string
}

variable "replication" {
  description = "ZRS or GZRS: over zones, and over regions."
  type        = string
  validation {
    condition     = contains(["LRS", "ZRS", "GRS", "GZRS", "RAGZRS"], var.replication)
    error_message = "replication: LRS, ZRS, GRS, GZRS or RAGZRS."
  }
}

variable "allow" {
  description = "Addresses outside of the network that may reach it: who runs Terraform."
  type        = list(string)
  default     = []
}

variable "locked" {
  description = "Lock immutability for good. It cannot be undone."
  type        = bool
}

variable "containers" {
  description = "By name: for how many days nothing may be changed (0: it may), after how many it gets cheaper, after how many it is deleted."
  type        = map(object({ immutable_days = number, cool_days = number, delete_days = number }))
  validation {
    condition     = alltrue([for c in values(var.containers) : c.delete_days > c.immutable_days && c.delete_days > c.cool_days])
    error_message = "containers: delete_days must come after immutable_days and cool_days."
  }
}
