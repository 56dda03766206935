variable "name" { type = string }
variable "location" { type = string }
variable "resource_group" { type = string }
variable "tags" { type = map(string) }

variable "network" {
  description = "Addresses of the network, a /16."
  type        = string
  validation {
    condition     = can(cidrhost(var.network, 0)) && endswith(var.network, "/16")
    error_message = "network: give a /16, such as 10.40.0.0/16."
  }
}
